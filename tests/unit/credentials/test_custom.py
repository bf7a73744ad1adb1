"""A function of the user's own is imported when it is needed, called for every exchange, and not trusted with words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectory.errors import SubjectTokenUnavailable
from connectory.secret import Secret
from connectory.subject_token import SubjectToken
from connectory.subject_tokens.custom import CustomToken
from tests.unit.credentials.driving import Driven, context, shown

MODULE = """
calls = 0
not_callable = "x"
nothing = None

def subject_token():
    global calls
    calls += 1
    return f"subject-{calls}"

async def async_token():
    return "from a coroutine"

async def failing_async_token():
    raise RuntimeError("idp down")

def failing_token():
    raise RuntimeError("idp down")

def leaking_token():
    raise RuntimeError("refused: sk-proj-Abc123Abc123Abc123")

def leaking_cause():
    try:
        leaking_token()
    except RuntimeError as error:
        raise ValueError("no luck") from error

def opaque_leak():
    raise RuntimeError("Bearer abcdefgh12345678")

def long_failure():
    raise RuntimeError("x " * 500)

def unprintable():
    class Odd(Exception):
        def __str__(self):
            raise KeyError("canary")
    raise Odd

def empty_token():
    return ""

def none_token():
    return None

def int_token():
    return 7

def bytes_token():
    return b"canary"

def stopping():
    raise StopIteration("x")

class Provider:
    def __init__(self):
        pass

    @staticmethod
    def get():
        return "from a method"
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "our_tokens.py").write_text(MODULE)
    (tmp_path / "broken_tokens.py").write_text("raise RuntimeError('no licence')")
    (tmp_path / "wrong_tokens.py").write_text("def x(:\n")
    (tmp_path / "lazy_tokens.py").write_text("def __getattr__(name):\n    raise OSError('not now')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("our_tokens", "broken_tokens", "wrong_tokens", "lazy_tokens"):
        sys.modules.pop(name, None)


def source(name: str, type: str = "jwt") -> CustomToken:
    return CustomToken(token_provider=name if "." in name else f"our_tokens.{name}", token_type=type)


def token_of(name: str, type: str = "jwt") -> SubjectToken:
    return Driven([]).run(source(name, type).flow(context()))


def failure(name: str) -> SubjectTokenUnavailable:
    with pytest.raises(SubjectTokenUnavailable) as caught:
        token_of(name)
    return caught.value


def unusable(path: str, type: str = "jwt") -> SubjectTokenUnavailable:
    with pytest.raises(SubjectTokenUnavailable) as caught:
        CustomToken(token_provider=path, token_type=type).prepare()
    return caught.value


def test_the_function_is_called_for_every_exchange() -> None:
    assert [token_of("subject_token").value for _ in range(2)] == [Secret("subject-1"), Secret("subject-2")]


@pytest.mark.parametrize("type", ["jwt", "id"])
def test_the_type_of_the_token_is_a_setting(type: str) -> None:
    assert token_of("subject_token", type).type == type


def test_a_coroutine_function_is_awaited() -> None:
    assert token_of("async_token").value == Secret("from a coroutine")


def test_nothing_is_imported_at_reading() -> None:
    source("subject_token")
    assert "our_tokens" not in sys.modules


def test_preparing_imports_and_does_not_call() -> None:
    source("subject_token").prepare()
    assert sys.modules["our_tokens"].calls == 0


def test_the_flow_imports_what_was_not_prepared() -> None:
    assert "No module named 'nosuch'" in str(failure("nosuch.thing"))


@pytest.mark.parametrize("path", ["getcwd", ".getcwd", "os.", "os..getcwd", ""])
def test_a_path_without_a_module_is_refused(path: str) -> None:
    error = unusable(path)
    assert str(error) == (
        f"The token provider of this connection cannot be used: {path} doesn't look like a module path; "
        "`token_provider` has to name a function that can be imported here, as `package.module.function`."
    )


def test_an_unknown_name_is_refused() -> None:
    assert 'Module "os" does not define a "nosuch" attribute/class' in str(unusable("os.nosuch"))


def test_an_unknown_module_is_refused() -> None:
    error = unusable("nosuch.thing")
    assert "importing it raised ModuleNotFoundError: No module named 'nosuch'" in str(error)
    assert isinstance(error.__cause__, ModuleNotFoundError)


@pytest.mark.parametrize(
    ("path", "type"), [("os.sep", "str"), ("our_tokens.nothing", "NoneType"), ("os.path", "module")]
)
def test_what_cannot_be_called_is_refused(path: str, type: str) -> None:
    assert f"{path} is not callable: it is of type {type};" in str(unusable(path))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("broken_tokens.x", "importing it raised RuntimeError: no licence"),
        ("wrong_tokens.x", "invalid syntax"),
        ("lazy_tokens.x", "importing it raised OSError: not now"),
    ],
)
def test_a_module_that_fails_is_refused(path: str, words: str) -> None:
    assert words in str(unusable(path))


def test_an_unknown_type_is_refused() -> None:
    assert "Unsupported token type: 'saml'. Supported types: jwt, id" in str(
        unusable("our_tokens.subject_token", "saml")
    )


@pytest.mark.parametrize("name", ["failing_token", "failing_async_token"])
def test_what_the_function_raises_is_the_cause(name: str) -> None:
    error = failure(name)
    assert str(error) == f"No subject token: the function our_tokens.{name} raised RuntimeError: idp down."
    assert isinstance(error.__cause__, RuntimeError)


def test_a_key_in_what_the_function_raises_is_not_shown() -> None:
    error = failure("leaking_token")
    assert str(error) == "No subject token: the function our_tokens.leaking_token raised RuntimeError."
    assert "sk-proj" not in shown(error)


def test_a_key_in_the_cause_of_what_the_function_raises_is_not_shown() -> None:
    error = failure("leaking_cause")
    assert str(error).endswith("raised ValueError: no luck.")
    assert "sk-proj" not in shown(error)
    assert (error.__cause__, error.__context__) == (None, None)


def test_an_opaque_token_in_what_the_function_raises_is_not_shown() -> None:
    assert "abcdefgh" not in shown(failure("opaque_leak"))


def test_what_the_function_raises_is_cut() -> None:
    assert len(str(failure("long_failure"))) < 300


def test_an_exception_that_cannot_be_printed_is_named() -> None:
    error = failure("unprintable")
    assert "Odd: <exception str() failed>" in str(error)
    assert "canary" not in shown(error)


def test_an_exception_that_ends_generators_ends_no_flow() -> None:
    assert "raised StopIteration" in str(failure("stopping"))


@pytest.mark.parametrize(("name", "what"), [("empty_token", "an empty text"), ("none_token", "None")])
def test_an_empty_token_is_none(name: str, what: str) -> None:
    assert str(failure(name)) == (
        f"The workload identity provider returned an empty subject token: the function our_tokens.{name} returned "
        f"{what} and has to return the token."
    )


@pytest.mark.parametrize(("name", "type"), [("int_token", "int"), ("bytes_token", "bytes"), ("Provider", "Provider")])
def test_what_is_no_text_is_no_token(name: str, type: str) -> None:
    error = failure(name)
    assert str(error) == (
        f"No subject token: the function our_tokens.{name} returned a value of type {type} and has to return the token "
        "as text."
    )
    assert "canary" not in shown(error)


def test_it_says_what_it_reads() -> None:
    assert source("subject_token").reads == "the function our_tokens.subject_token, called for every exchange"


def test_a_key_in_the_place_of_a_name_is_not_shown() -> None:
    key = "sk-proj-Abc123Abc123Abc123"
    assert key not in shown(unusable(key)) + CustomToken(token_provider=key).reads
