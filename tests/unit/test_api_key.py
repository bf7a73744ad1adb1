"""An API key: stripped, checked, and read anew where it is kept elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectory.credential import Credential, FlowContext, Token
from connectory.credentials.api_key import ApiKey
from connectory.credentials.none import NoCredential
from connectory.errors import SecretUnavailable
from connectory.secret import Secret


def token_of(credential: Credential) -> Token | None:
    flow = credential.flow(FlowContext(classic=False, now=0.0))
    try:
        next(flow)
    except StopIteration as ended:
        value: Token | None = ended.value
        return value
    raise AssertionError("it asks for something")


def test_the_token_is_the_key_and_does_not_expire() -> None:
    assert token_of(ApiKey(api_key=Secret("k"))) == Token(value=Secret("k"), expires_in=None)


def test_blanks_around_a_key_are_cut_off() -> None:
    assert token_of(ApiKey(api_key=Secret(" k\n"))) == Token(value=Secret("k"))


def test_a_key_in_a_file_is_read_for_every_token(tmp_path: Path) -> None:
    file = tmp_path / "key"
    credential = ApiKey(api_key=Secret.file(str(file)))
    tokens = []
    for key in ("first", "second"):
        file.write_text(f"{key}\n")
        tokens.append(token_of(credential))
    assert tokens == [Token(value=Secret("first")), Token(value=Secret("second"))]


def test_a_key_in_a_file_that_no_header_can_carry_is_unavailable(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("first\nsecond\n")
    with pytest.raises(SecretUnavailable) as caught:
        token_of(ApiKey(api_key=Secret.file(str(file))))
    assert (
        str(caught.value)
        == f"The secret file:{file} cannot be read: no header can carry it: it has a line break in it."
    )


def test_a_key_that_is_text_is_fixed() -> None:
    assert ApiKey(api_key=Secret(" k ")).fixed_key() == Secret("k")


def test_a_key_that_is_kept_elsewhere_is_not_fixed() -> None:
    assert ApiKey(api_key=Secret.env("KEY")).fixed_key() is None


def test_a_missing_key_is_a_problem() -> None:
    assert [problem.path for problem in ApiKey().problems()] == ["api_key"]


def test_no_credential_yields_no_token() -> None:
    assert (token_of(NoCredential()), NoCredential().silent, NoCredential().fixed_key()) == (None, True, None)
