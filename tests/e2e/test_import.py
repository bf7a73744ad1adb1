"""connectory connection import and export: what a team has already, in anybody's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.shell import Shell

pytestmark = pytest.mark.e2e

KEY = "sk-canary-0123456789abcdef"

AIRFLOW = {
    "openai_default": {
        "conn_type": "openai",
        "description": "the company's account",
        "login": "",
        "password": KEY,
        "host": None,
        "port": None,
        "schema": "",
        "extra": json.dumps({"openai_client_kwargs": {"timeout": 10}, "cost_center": "4711"}),
    },
    "pod": {
        "conn_type": "openai",
        "extra": json.dumps(
            {
                "auth_type": "workload_identity",
                "workload_identity_provider": "kubernetes",
                "identity_provider_id": "idp-123",
                "service_account_id": "sa-456",
            }
        ),
    },
    "warehouse": {"conn_type": "postgres", "host": "db", "password": "other"},
    "broken": {"conn_type": "openai", "host": "api.example.com/{deployment}", "password": KEY},
}

KIBANA_YML = f"""
server.port: 5601
xpack.actions.allowedHosts: [api.openai.com]
xpack.actions.preconfigured:
  my-open-ai:
    name: preconfigured-openai-connector-type
    actionTypeId: .gen-ai
    config:
      apiUrl: https://api.openai.com/v1/chat/completions
      apiProvider: OpenAI
      defaultModel: gpt-4o
    secrets:
      apiKey: {KEY}
  my-slack:
    name: slack
    actionTypeId: .slack
"""

SAVED_OBJECTS = [
    {
        "type": "action",
        "id": "6f1c0a2e-0000-4000-8000-000000000001",
        "attributes": {
            "actionTypeId": ".gen-ai",
            "name": "My connector",
            "isMissingSecrets": True,
            "config": {
                "apiProvider": "OpenAI",
                "apiUrl": "https://api.openai.com/v1/chat/completions",
                "defaultModel": "gpt-4.1",
            },
            "secrets": {},
        },
        "references": [],
    },
    {"type": "dashboard", "id": "d", "attributes": {}, "references": []},
    {"exportedCount": 2, "missingRefCount": 0, "missingReferences": []},
]


@pytest.fixture
def export(shell: Shell) -> Path:
    file = shell.home / "connections.json"
    file.write_text(json.dumps(AIRFLOW), encoding="utf-8")
    return file


def listed(shell: Shell) -> dict[str, Any]:
    return {entry["id"]: entry for entry in shell("connection", "list", "--json").json()}


def test_an_airflow_export_comes_in_and_what_is_wrong_is_told(shell: Shell, export: Path) -> None:
    done = shell("connection", "import", str(export), "--json")
    assert done.code == 3
    told = done.json()
    assert (told["added"], told["changed"], told["unchanged"]) == (["openai_default", "pod"], [], [])
    [refused] = told["refused"]
    assert refused["id"] == "broken"
    assert [problem["path"] for problem in refused["problems"]] == ["host"]
    assert [skipped["what"] for skipped in told["skipped"]] == ["a connection of another type"]
    assert set(listed(shell)) == {"openai_default", "pod"}


def test_to_repeat_an_import_changes_nothing(shell: Shell, export: Path) -> None:
    shell("connection", "import", str(export))
    told = shell("connection", "import", str(export), "--json").json()
    assert (told["added"], told["changed"], told["unchanged"]) == ([], [], ["openai_default", "pod"])


def test_what_was_changed_meanwhile_is_told_and_brought_back(shell: Shell, export: Path) -> None:
    shell("connection", "import", str(export))
    shell("connection", "update", "pod", "--model", "m")
    assert shell("connection", "import", str(export), "--json").json()["changed"] == ["pod"]


def test_a_dry_run_shows_everything_and_writes_nothing(shell: Shell, export: Path) -> None:
    done = shell("connection", "import", str(export), "--dry-run")
    assert done.code == 3
    assert "openai_default" in done.out
    assert not (shell.home / "connectory.db").exists()


def test_people_are_shown_a_table_and_the_reasons(shell: Shell, export: Path) -> None:
    done = shell("connection", "import", str(export))
    lines = [line.split() for line in done.out.splitlines() if line]
    assert lines[0] == ["ID", "WORDS", "PROVIDER", "MODEL", "SECRETS", "STATE"]
    assert ["added", "2", "openai_default,", "pod"] in lines
    assert ["refused", "1", "broken"] in lines
    assert "! broken: host: " in done.out
    assert KEY not in done.out + done.err


def test_a_terminal_is_asked_before_anything_is_written(shell: Shell, export: Path) -> None:
    code, seen = shell.answering("connection", "import", str(export), answers={"Write them": "n"})
    assert code == 130
    assert "openai_default" in seen
    assert not (shell.home / "connectory.db").exists()


def test_it_comes_from_the_environment(shell: Shell) -> None:
    shell.variables["AIRFLOW_CONN_OPENAI_DEFAULT"] = f"openai://:{KEY}@"
    shell.variables["AIRFLOW_CONN_PG"] = "postgres://u:p@h/db"
    shell.knows("llm", provider="other", url="http://a.example/v1", credential={"kind": "none"})
    told = shell("connection", "import", "--from-env", "--json").json()
    assert told["added"] == ["llm", "openai_default"]
    assert [skipped["place"] for skipped in told["skipped"]] == ["variable AIRFLOW_CONN_PG"]
    shell.variables.clear()
    assert set(listed(shell)) == {"llm", "openai_default"}


@pytest.mark.parametrize("flags", [[], ["--from-kibana-yml"]])
def test_a_kibana_yml_comes_in_whatever_else_it_says(shell: Shell, flags: list[str]) -> None:
    (shell.home / "kibana.yml").write_text(KIBANA_YML, encoding="utf-8")
    told = shell("connection", "import", "kibana.yml", *flags, "--json").json()
    assert told["added"] == ["my-open-ai"]
    assert listed(shell)["my-open-ai"]["missing_secrets"] == []


def test_saved_objects_come_in_without_their_secrets_and_every_listing_says_so(shell: Shell) -> None:
    text = "\n".join(map(json.dumps, SAVED_OBJECTS))
    done = shell("connection", "import", "-", "--json", input=text.encode())
    assert done.code == 0
    [id] = done.json()["added"]
    assert listed(shell)[id]["missing_secrets"] == ["credential.api_key"]
    assert "credential.api_key" in shell("connection", "list").out
    shell("connection", "update", id, "--secret-from", "-", input=KEY.encode())
    assert shell("connection", "import", "-", "--json", input=text.encode()).json()["unchanged"] == [id]
    assert listed(shell)[id]["missing_secrets"] == []


@pytest.mark.parametrize("form", ["json", "yaml", "env"])
def test_airflow_gets_back_what_it_gave(shell: Shell, export: Path, form: str) -> None:
    shell("connection", "import", str(export))
    out = shell("connection", "export", "--to", "airflow", "--format", form, "--with-secrets", "-o", f"back.{form}")
    assert out.code == 0
    assert (shell.home / f"back.{form}").stat().st_mode & 0o777 == 0o600
    told = shell("connection", "import", f"back.{form}", "--json").json()
    assert told["unchanged"] == ["openai_default", "pod"]
    if form == "json":
        written = json.loads((shell.home / "back.json").read_text(encoding="utf-8"))["openai_default"]
        assert (written["password"], written["extra"]) == (
            KEY,
            {"openai_client_kwargs": {"timeout": 10.0}, "cost_center": "4711"},
        )


@pytest.mark.parametrize(("to", "form"), [("kibana", "yaml"), ("connectory", "yaml"), ("connectory", "json")])
def test_an_export_with_secrets_comes_in_as_the_same(shell: Shell, to: str, form: str) -> None:
    (shell.home / "kibana.yml").write_text(KIBANA_YML, encoding="utf-8")
    shell("connection", "import", "kibana.yml")
    out = shell("connection", "export", "--to", to, "--format", form, "--with-secrets")
    assert out.code == 0
    told = shell("connection", "import", "-", "--json", input=out.out.encode()).json()
    assert told["unchanged"] == ["my-open-ai"]


@pytest.mark.parametrize(
    ("to", "form"),
    [
        *[("connectory", "yaml"), ("connectory", "json")],
        *[("airflow", "json"), ("airflow", "yaml"), ("airflow", "env")],
        *[("kibana", "ndjson"), ("kibana", "yaml"), ("kibana", "json")],
    ],
)
def test_no_export_has_a_secret_in_it_unless_it_is_asked_for(shell: Shell, to: str, form: str) -> None:
    (shell.home / "kibana.yml").write_text(KIBANA_YML, encoding="utf-8")
    shell("connection", "import", "kibana.yml")
    out = shell("connection", "export", "--to", to, "--format", form)
    assert (out.code, "my-open-ai" in out.out, KEY in out.out) == (0, True, False)
    assert "left out 1 secret" in out.err


def test_what_cannot_be_said_in_the_words_is_refused_with_its_path(shell: Shell) -> None:
    shell("connection", "add", "llm", "--auth-type", "none", "--provider", "other", "--url", "http://a.example/v1",
          "--model", "m", "--set", "labels.team=blue")  # fmt: skip
    out = shell("connection", "export", "--to", "kibana", "--format", "yaml", "--json")
    assert out.code == 3
    [refused] = out.json()["refused"]
    assert [problem["path"] for problem in refused["problems"]] == ["labels.team"]


def test_saved_objects_never_carry_secrets(shell: Shell) -> None:
    out = shell("connection", "export", "--to", "kibana", "--format", "ndjson", "--with-secrets")
    assert (out.code, "never carries secrets" in out.err) == (2, True)


def test_a_file_that_cannot_be_read_is_one_clear_error(shell: Shell) -> None:
    (shell.home / "half.json").write_text('{"a": {"conn_type": "openai"', encoding="utf-8")
    done = shell("connection", "import", "half.json", "--json")
    assert done.code == 3
    assert done.error()["message"].startswith("half.json is no JSON from line 1")


def test_a_single_document_wants_an_id(shell: Shell) -> None:
    (shell.home / "one.json").write_text(json.dumps({"provider": "openai", "credential": {"api_key": KEY}}))
    assert shell("connection", "import", "one.json").code == 3
    assert shell("connection", "import", "one.json", "--id", "llm", "--json").json()["added"] == ["llm"]


def test_with_an_id_a_text_is_one_document_whatever_it_looks_like(shell: Shell) -> None:
    (shell.home / "one.json").write_text(json.dumps({"provider": "openai", "credentail": {"api_key": KEY}}))
    done = shell("connection", "import", "one.json", "--id", "llm", "--json")
    [refused] = done.json()["refused"]
    assert (done.code, refused["id"]) == (3, "llm")
    assert KEY not in done.out + done.err


def test_an_export_goes_through_a_pipe_and_leaves_nothing_behind(shell: Shell) -> None:
    shell("connection", "add", "llm", "--secret-from", "-", input=KEY.encode())
    assert shell("connection", "export", "-o", "/dev/stdout").out.startswith("connectory:")
    (shell.home / "folder").mkdir()
    before = sorted(path.name for path in shell.home.iterdir())
    assert shell("connection", "export", "--with-secrets", "-o", "folder").code == 2
    assert sorted(path.name for path in shell.home.iterdir()) == before


def test_a_password_of_a_database_is_not_taken_from_an_argument(shell: Shell) -> None:
    done = shell("connection", "list", "--database-url", f"postgresql://u:{KEY}@h/db")
    assert (done.code, "CONNECTORY_DATABASE_URL" in done.err, KEY in done.err) == (2, True, False)
    assert shell("connection", "list", "--database-url", "u:p@h/db").code == 2


def test_listing_makes_no_store(shell: Shell) -> None:
    assert shell("connection", "list", "--database-url", f"sqlite:///{shell.home}/other.db").code == 0
    assert list(shell.home.iterdir()) == []


def test_a_file_is_not_overwritten_unless_it_is_asked_for(shell: Shell) -> None:
    (shell.home / "mine").write_text("precious")
    assert shell("connection", "export", "-o", "mine").code == 2
    assert (shell.home / "mine").read_text() == "precious"
    assert shell("connection", "export", "-o", "mine", "--replace").code == 0


@pytest.mark.parametrize("to", ["connectory", "airflow", "kibana"])
def test_a_secret_that_cannot_be_opened_is_not_left_out_of_an_export_silently(shell: Shell, to: str) -> None:
    shell("connection", "add", "llm", "--model", "m", "--secret-from", "-", input=KEY.encode())
    (shell.home / "master.key").unlink()
    out = shell("connection", "export", "--to", to, "--with-secrets", "--json")
    assert out.code == 3
    [refused] = out.json()["refused"]
    assert refused["problems"][0]["path"] == "credential.api_key"
