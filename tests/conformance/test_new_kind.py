"""A new kind of credential is one file: being there is all it takes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import connectory

NEW_KIND = '''
"""A cookie: what a browser would send."""

from dataclasses import dataclass

from connectory.credential import Credential, Token
from connectory.secret import Secret
from connectory.setting import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCookie(Credential):
    """The cookie of a session."""

    kind = "session_cookie"
    providers = frozenset({"other"})

    cookie: Secret = setting(help="The cookie.", in_header=True)
    path: str = setting("/", help="Where it holds.", choices=("/", "/v1"))

    def flow(self):
        yield from ()
        return Token(value=self.cookie)
'''

PROGRAM = """
import json
from connectory.credentials import KINDS
from connectory.dialects import own
from connectory.dialects.schema import configuration_schema
from connectory.errors import DocumentError
import connectory

document = {"provider": "other", "url": "https://h/v1",
            "credential": {"kind": "session_cookie", "cookie": "canary", "path": "/v1"}}
connection = own.read("case", document)
try:
    own.read("case", {**document, "provider": "openai", "credential": {"kind": "session_cookie", "path": "/v2"}})
except DocumentError as error:
    problems = [str(problem) for problem in error.problems]
branches = configuration_schema()["$defs"]["credential"]["anyOf"]
print(json.dumps({
    "home": connectory.__file__,
    "known": "session_cookie" in KINDS,
    "written": own.write(connection),
    "public": own.write(connection, public=True)["credential"],
    "shown": "canary" in repr(connection),
    "problems": problems,
    "required": [branch.get("required") for branch in branches if "cookie" in branch["properties"]],
}))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("house")
    package = folder / "connectory"
    shutil.copytree(Path(connectory.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "credentials" / "session_cookie.py").write_text(NEW_KIND, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    answer = json.loads(done.stdout)
    assert Path(answer.pop("home")).is_relative_to(folder)
    return dict(answer)


def test_it_is_known(seen: dict[str, object]) -> None:
    assert seen["known"] is True


def test_it_is_read_and_written(seen: dict[str, object]) -> None:
    assert seen["written"] == {
        "provider": "other",
        "url": "https://h/v1",
        "credential": {"kind": "session_cookie", "cookie": "canary", "path": "/v1"},
    }


def test_its_secrets_are_hidden(seen: dict[str, object]) -> None:
    assert (seen["shown"], seen["public"]) == (False, {"kind": "session_cookie", "path": "/v1"})


def test_its_documents_are_checked(seen: dict[str, object]) -> None:
    assert seen["problems"] == [
        "credential.cookie: is required: The cookie.",
        "credential.path: this is not one of the choices; known: `/`, `/v1`",
    ]


def test_the_schema_has_it(seen: dict[str, object]) -> None:
    assert seen["required"] == [["cookie"]]
