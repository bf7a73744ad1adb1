"""The token of a pod's service account is read at every exchange."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from connectory.errors import SubjectTokenUnavailable
from connectory.secret import Secret
from connectory.subject_token import SubjectToken
from connectory.subject_tokens.kubernetes import KubernetesToken
from tests.unit.credentials.driving import Driven, context, shown


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "token"


def token_in(file: Path | str) -> SubjectToken:
    return Driven([]).run(KubernetesToken(token_file_path=str(file)).flow(context()))


def failure(file: Path | str) -> SubjectTokenUnavailable:
    with pytest.raises(SubjectTokenUnavailable) as caught:
        token_in(file)
    return caught.value


def test_the_file_is_read_and_stripped(file: Path) -> None:
    file.write_text("  tok-1\n")
    assert token_in(file) == SubjectToken(value=Secret("tok-1"), type="jwt")


def test_the_file_is_read_at_every_exchange(file: Path) -> None:
    tokens = []
    for text in ("tok-1", "tok-2"):
        file.write_text(text)
        tokens.append(token_in(file).value)
    assert tokens == [Secret("tok-1"), Secret("tok-2")]


def test_a_missing_file_is_named_as_python_names_it(file: Path) -> None:
    error = failure(file)
    assert str(error) == (
        f"Failed to read the token file at {file}: [Errno 2] No such file or directory: '{file}'; mount the service "
        "account's token there, or set `token_file_path` to where it is."
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert str(failure(tmp_path)).startswith(f"Failed to read the token file at {tmp_path}: [Errno 21] Is a directory")


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_file_has_a_sentence_of_its_own(file: Path, text: str) -> None:
    file.write_text(text)
    assert str(failure(file)) == f"The token file at {file} is empty; its token has not been written yet."


def test_what_is_no_text_is_not_shown(file: Path) -> None:
    file.write_bytes(b"canary\xff")
    error = failure(file)
    assert str(error) == f"Failed to read the token file at {file}: it is no UTF-8 text."
    assert (error.__cause__, error.__context__) == (None, None)
    assert "canary" not in shown(error)


def test_a_path_that_no_file_can_have_is_named() -> None:
    assert str(failure("a\x00b")) == "Failed to read the token file at a\x00b: no file can have this path."


def test_a_long_file_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with file.open("wb") as opened:
        opened.truncate(1 << 40)
    assert str(failure(file)) == f"Failed to read the token file at {file}: it is too long."


@pytest.mark.parametrize("made", [os.mkfifo, None])
def test_nobody_waits_for_a_pipe_or_a_device(tmp_path: Path, made: Callable[[Path], None] | None) -> None:
    file = tmp_path / "token"
    if made:
        made(file)
    place = file if made else Path("/dev/zero")
    assert str(failure(place)) == f"Failed to read the token file at {place}: it is no regular file."


def test_the_default_is_where_the_kubelet_writes() -> None:
    assert KubernetesToken().reads == "the file /var/run/secrets/kubernetes.io/serviceaccount/token"
