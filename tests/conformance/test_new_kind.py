"""A new kind of credential is one file, and so is a new source of subject tokens: being there is all it takes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import connectory

ROOT = Path(__file__).parents[2]

NEW_KIND = '''
"""A cookie: what a browser would send."""

from dataclasses import dataclass
from typing import ClassVar

from connectory.credential import Credential, Token
from connectory.secret import Secret
from connectory.setting import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCookie(Credential):
    """The cookie of a session."""

    kind: ClassVar = "session_cookie"
    providers: ClassVar = frozenset({"other"})
    flat_prefix: ClassVar = "session_"

    cookie: Secret = setting(help="The cookie.", in_header=True)
    path: str = setting("/", help="Where it holds.", choices=("/", "/v1"))
    seconds: float = setting(60.0, help="How long it holds.", minimum=1)

    def flow(self, context):
        yield from ()
        return Token(value=self.cookie)
'''

NEW_SOURCE = '''
"""A vault: tokens that somebody keeps for workloads."""

from dataclasses import dataclass
from typing import ClassVar

from connectory.secret import Secret
from connectory.setting import setting
from connectory.subject_token import SubjectToken, SubjectTokenSource


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultToken(SubjectTokenSource):
    """A token out of a vault."""

    kind: ClassVar = "vault"

    shelf: str = setting("top", help="Where it lies.")
    password: Secret = setting(help="What opens the vault.")

    def flow(self, context):
        yield from ()
        return SubjectToken(value=self.password, type="jwt")

    @property
    def reads(self):
        return "the vault"
'''

PROGRAM = """
import json
from connectory.connection import secrets_of
from connectory.dialects import airflow, kibana, own
from connectory.dialects.schema import configuration_schema
from connectory.errors import DocumentError
import connectory

COOKIE = {"session_cookie": "canary", "session_path": "/v1", "session_seconds": "90"}
VAULT = {"workload_identity_provider": "vault", "shelf": "low", "password": "canary",
         "identity_provider_id": "i", "service_account_id": "s"}

def airflows(**extra):
    return airflow.read("case", {"host": "https://h/v1", "extra": {"provider": "other", **extra}})

def elastics(secret, **config):
    fixed = {"apiProvider": "Other", "apiUrl": "https://h/v1", "defaultModel": "m"}
    secrets = {secret: config.pop(secret)}
    entry = {"name": "case", "actionTypeId": ".gen-ai", "config": {**fixed, **config}, "secrets": secrets}
    return kibana.read("case", entry)

def refused(read):
    try:
        read()
    except DocumentError as error:
        return [str(problem) for problem in error.problems]

def seen(connection, foreign):
    document = own.write(connection)
    return {
        "written": document["credential"],
        "same": own.read("case", document) == connection and all(one.credential == connection.credential
                                                                 for one in foreign),
        "public": own.write(connection, public=True)["credential"],
        "secrets": [path for path, _ in secrets_of(connection)],
        "shown": "canary" in repr([connection, *foreign]),
        "warnings": [str(warning) for one in foreign for warning in one.warnings],
    }

def branch(family, setting):
    branches = configuration_schema()["$defs"][family]["anyOf"]
    return [branch["required"] for branch in branches if setting in branch["properties"]]

document = {"provider": "other", "url": "https://h/v1"}
cookie = own.read("case", {**document, "credential": {"kind": "session_cookie", "cookie": "canary", "path": "/v1",
                                                      "seconds": 90}})
source = {"kind": "vault", "shelf": "low", "password": "canary"}
vault = own.read("case", {**document, "credential": {"kind": "workload_identity", "identity_provider_id": "i",
                                                     "service_account_id": "s", "source": source}})
wrong = {"provider": "openai", "credential": {"kind": "session_cookie", "path": "/v2"}}
print(json.dumps({
    "home": connectory.__file__,
    "cookie": seen(cookie, [airflows(auth_type="session_cookie", **COOKIE),
                            elastics("session_cookie", auth_type="session_cookie", **COOKIE)]),
    "vault": seen(vault, [airflows(auth_type="workload_identity", **VAULT),
                          elastics("password", auth_type="workload_identity", **VAULT)]),
    "problems": refused(lambda: own.read("case", wrong)),
    "in airflow": refused(lambda: airflows(auth_type="session_cookie", session_path="/v2")),
    "in elastic": refused(lambda: elastics("session_seconds", auth_type="session_cookie", session_seconds="0",
                                           session_path="/v2", session_cookie="canary")),
    "other sources": refused(lambda: airflows(auth_type="workload_identity", identity_provider_id="i",
                                              service_account_id="s", workload_identity_provider="x")),
    "required": [branch("credential", "cookie"), branch("subject_token_source", "shelf")],
}))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with the two files in it."""
    folder = tmp_path_factory.mktemp("house")
    package = folder / "connectory"
    shutil.copytree(Path(connectory.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "credentials" / "session_cookie.py").write_text(NEW_KIND, encoding="utf-8")
    (package / "subject_tokens" / "vault.py").write_text(NEW_SOURCE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def seen(house: Path) -> dict[str, Any]:
    done = run(house, "-c", PROGRAM)
    assert done.stderr == ""
    answer = json.loads(done.stdout)
    assert Path(answer.pop("home")).is_relative_to(house)
    return dict(answer)


def run(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={"PYTHONPATH": f"{house}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=house,
        capture_output=True,
        text=True,
        check=False,
    )


def test_both_are_read_and_written_in_all_words(seen: dict[str, Any]) -> None:
    assert (seen["cookie"]["written"], seen["cookie"]["same"]) == (
        {"kind": "session_cookie", "cookie": "canary", "path": "/v1", "seconds": 90.0},
        True,
    )
    assert (seen["vault"]["written"]["source"], seen["vault"]["same"]) == (
        {"kind": "vault", "shelf": "low", "password": "canary"},
        True,
    )


def test_their_secrets_are_known_and_hidden(seen: dict[str, Any]) -> None:
    assert [seen[name]["shown"] for name in ("cookie", "vault")] == [False, False]
    assert seen["cookie"]["public"] == {"kind": "session_cookie", "path": "/v1", "seconds": 90.0}
    assert seen["vault"]["public"]["source"] == {"kind": "vault", "shelf": "low"}
    assert [seen[name]["secrets"] for name in ("cookie", "vault")] == [
        ["credential.cookie"],
        ["credential.source.password"],
    ]


def test_nothing_of_them_is_left_alone(seen: dict[str, Any]) -> None:
    assert [seen[name]["warnings"] for name in ("cookie", "vault")] == [[], []]


def test_their_documents_are_checked(seen: dict[str, Any]) -> None:
    assert seen["problems"] == [
        "credential.cookie: is required: The cookie",
        "credential.path: this is not one of the choices; known: `/`, `/v1`",
    ]
    assert seen["in airflow"] == [
        "extra.session_cookie: is required: The cookie",
        "extra.session_path: this is not one of the choices; known: `/`, `/v1`",
    ]


def test_in_the_words_of_their_authors(seen: dict[str, Any]) -> None:
    assert seen["in elastic"] == [
        "config.session_cookie: belongs under `secrets`",
        "secrets.session_seconds: belongs under `config`",
        "secrets.session_cookie: is required: The cookie",
        "config.session_path: this is not one of the choices; known: `/`, `/v1`",
    ]
    assert seen["other sources"] == [
        "extra.workload_identity_provider: Unsupported workload_identity_provider 'x' for OpenAI connection 'case'; "
        "expected one of 'kubernetes', 'azure', 'gcp', 'custom', 'vault'."
    ]


def test_the_schema_has_both(seen: dict[str, Any]) -> None:
    assert seen["required"] == [[["kind", "cookie"]], [["kind", "password"]]]


def test_both_are_tested_unasked(house: Path) -> None:
    files = [
        str(ROOT / "tests" / "conformance" / name) for name in ("test_credentials.py", "test_foreign_documents.py")
    ]
    done = run(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "session_cookie or vault", *files)
    assert done.returncode == 0, done.stdout
    assert int(done.stdout.rpartition(" passed")[0].split()[-1]) > 30


def test_the_shell_shows_it_without_its_secret(house: Path) -> None:
    credential = {"kind": "session_cookie", "cookie": "canary", "path": "/v1"}
    document = {"provider": "other", "url": "https://h/v1", "credential": credential}
    shown = [
        subprocess.run(
            [sys.executable, "-c", "from connectory.cli import main; main()", "connection", "show", "case", *json_flag],
            env={"PYTHONPATH": str(house), "CONNECTORY_CONNECTION_CASE": json.dumps(document), "HOME": str(house)},
            cwd=house,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for json_flag in ([], ["--json"])
    ]
    assert "canary" not in "".join(shown)
    assert ["credential.path", "/v1"] in [line.split() for line in shown[0].splitlines()]
    assert ["credential.cookie", "set,"] in [line.split()[:2] for line in shown[0].splitlines()]
    assert json.loads(shown[1])["credential"] == {"kind": "session_cookie", "path": "/v1"}


def test_one_file_each_is_all_that_was_added(house: Path) -> None:
    ours, theirs = (
        {path.relative_to(root) for path in root.rglob("*.py")}
        for root in (Path(connectory.__file__).parent, house / "connectory")
    )
    assert theirs - ours == {Path("credentials/session_cookie.py"), Path("subject_tokens/vault.py")}
    assert [path for path in ours if (house / "connectory" / path).read_bytes() != _original(path)] == []


def _original(path: Path) -> bytes:
    return (Path(connectory.__file__).parent / path).read_bytes()
