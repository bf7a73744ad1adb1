"""Custom: a function of the user's own that is called for a token."""

from __future__ import annotations

import importlib
import inspect
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, ClassVar

from connectory.credential import FlowContext, Step
from connectory.errors import SubjectTokenUnavailable, causes_of
from connectory.secret import Secret, holds_a_key, looks_like_a_key, may_be_a_key
from connectory.setting import setting
from connectory.subject_token import SubjectFlow, SubjectToken, SubjectTokenSource
from connectory.wire.safe_text import safe_text

_TYPES = ("jwt", "id")
_SHOWN = 200
_NONE = "No subject token: "
_MISSING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomToken(SubjectTokenSource):
    """The function takes no arguments and returns the token; it may be a coroutine function.

    It is imported when a client or a token is made, never when a document is read. What it raises is the cause of our
    error, so that whoever wrote it finds the line; unless the traceback would show a key: then only its class is named.
    Source of the sentences about names: Apache Airflow, `airflow.utils.module_loading.import_string`.
    """

    kind: ClassVar = "custom"

    token_provider: str = setting(help="Function that returns the token, as `package.module.function`.")
    token_type: str = setting("jwt", help="What the token is.", choices=_TYPES)

    def flow(self, context: FlowContext) -> SubjectFlow:
        value = yield from _value_of(self._function(), self._name)
        if value is None or value == "":
            raise SubjectTokenUnavailable(
                f"The workload identity provider returned an empty subject token: {self._name} returned "
                f"{'None' if value is None else 'an empty text'} and has to return the token."
            )
        if not isinstance(value, str):
            raise SubjectTokenUnavailable(
                f"{_NONE}{self._name} returned a value of type {_class_of(value)} and has to return the token as text."
            )
        return SubjectToken(value=Secret(value), type=self.token_type)

    @property
    def reads(self) -> str:
        return f"{self._name}, called for every exchange"

    def prepare(self) -> None:
        self._function()

    @property
    def _name(self) -> str:
        return f"the function {safe_text(self.token_provider)}"

    def _function(self) -> Callable[[], Any]:
        if self.token_type not in _TYPES:
            shown = safe_text(repr(self.token_type))
            raise _unusable(f"Unsupported token type: {shown}. Supported types: {', '.join(_TYPES)}")
        function = _imported(self.token_provider)
        if not callable(function):
            raise _unusable(f"{safe_text(self.token_provider)} is not callable: it is of type {_class_of(function)}")
        return function


def _value_of(function: Callable[[], Any], name: str) -> Generator[Step, Any, Any]:
    """What the function returns, awaited where it has to be."""
    try:
        value = function()
        return (yield value) if inspect.isawaitable(value) else value
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 (a stranger's code raises what it likes, `sys.exit` too)
        failure = error
    raise SubjectTokenUnavailable(f"{_NONE}{name} raised {_in_words(failure)}.") from _showable(failure)


def _imported(path: str) -> object:
    """What stands at a path of dots."""
    module_name, _, name = path.rpartition(".")
    if not module_name or not all(path.split(".")):
        raise _unusable(f"{safe_text(path)} doesn't look like a module path")
    try:
        found = getattr(importlib.import_module(module_name), name, _MISSING)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 (importing runs a stranger's code, which may call `sys.exit`)
        failure = error
    else:
        if found is _MISSING:
            module_name, name = safe_text(module_name), safe_text(name)
            raise _unusable(f'Module "{module_name}" does not define a "{name}" attribute/class')
        return found
    hint = " (is its folder in PYTHONPATH?)" if isinstance(failure, ModuleNotFoundError) else ""
    raise _unusable(f"importing it raised {_in_words(failure)}{hint}") from _showable(failure)


def _unusable(reason: str) -> SubjectTokenUnavailable:
    return SubjectTokenUnavailable(
        f"The token provider of this connection cannot be used: {reason}; `token_provider` has to name a function that "
        "can be imported here, as `package.module.function`.",
    )


def _in_words(failure: BaseException) -> str:
    """Class and text of an exception; the class alone where the text may hold a key."""
    text = "".join(traceback.format_exception_only(failure))
    return safe_text(_class_of(failure) if _shows_a_key(text) or may_be_a_key(text) else text, limit=_SHOWN).rstrip(".")


def _showable(failure: BaseException) -> BaseException | None:
    """The exception, to be chained to ours; None where a traceback of it would print a key.

    Ours is raised when the `except` has ended, so that what is not chained does not go along unasked.
    """
    texts = ["".join(traceback.format_exception_only(error)) for error in causes_of(failure)]
    shown = _shows_a_key("".join(traceback.format_exception(failure))) or any(map(may_be_a_key, texts))
    return None if shown else failure


def _shows_a_key(text: str) -> bool:
    return any(
        holds_a_key(line) or looks_like_a_key(line.partition(": ")[2]) or "***" in safe_text(line, limit=len(line))
        for line in text.splitlines()
    )


def _class_of(value: object) -> str:
    return type(value).__name__
