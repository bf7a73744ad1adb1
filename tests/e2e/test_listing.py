"""connectory connection list and show: what is known, where it was found, and never a secret."""

import pytest

from tests.e2e.shell import Shell

pytestmark = pytest.mark.e2e

FILE = """
connectory:
  connections:
    one:
      name: The first
      url: https://one.example/v1
      provider: other
      model: small
      credential: {api_key: sk-in-the-file-0001}
      headers: {X-Team: a, Authorization: Bearer hidden-0002}
    broken:
      provider: other
      colour: red
    lost:
      credential: {api_key: {env: NOT_SET}}
xpack.actions.preconfigured:
  elastic:
    name: From Elastic
    actionTypeId: .gen-ai
    config: {apiProvider: OpenAI, apiUrl: https://api.openai.com/v1/chat/completions}
    secrets: {apiKey: sk-elastic-0003}
"""


@pytest.fixture
def knowing(shell: Shell) -> Shell:
    (shell.home / "connectory.yml").write_text(FILE)
    shell.variables["AIRFLOW_CONN_OPENAI_DEFAULT"] = "openai://:sk-airflow-0004@"
    shell.variables["AIRFLOW_CONN_WAREHOUSE"] = "postgres://a:b@c/d"
    return shell


def test_nothing_known_is_said(shell: Shell) -> None:
    ran = shell("connection", "list")
    assert ran.code == 0
    assert ran.out.startswith("No connections.")
    for way in ("CONNECTORY_CONNECTION_<ID>", "AIRFLOW_CONN_<ID>", f"{shell.home}/connectory.yml", "connectory demo"):
        assert way in ran.out
    assert shell("connection", "list", "--json").json() == []


def test_file_that_was_looked_for_is_said_with_its_full_path(shell: Shell) -> None:
    (shell.home / "empty.yml").write_text("")
    assert f"{shell.home}/empty.yml" in shell("connection", "list", "--config", "empty.yml").out


def test_configuration_without_a_name_is_a_slip(knowing: Shell) -> None:
    assert knowing("connection", "list", "--config", "").code == 2


def test_list_for_machines(knowing: Shell) -> None:
    ran = knowing("connection", "list", "--json")
    assert (ran.code, ran.err) == (0, "")
    listed = {entry["id"]: entry for entry in ran.json()}
    assert list(listed) == ["broken", "elastic", "lost", "one", "openai_default"]
    assert listed["one"] == {
        "id": "one",
        "name": "The first",
        "provider": "other",
        "url": "https://one.example/v1",
        "model": "small",
        "source": f"{knowing.home}/connectory.yml: connectory.connections.one",
        "missing_secrets": [],
        "warnings": [],
        "usable": True,
    }
    assert listed["lost"]["missing_secrets"] == ["credential.api_key"]
    assert (listed["broken"]["provider"], listed["broken"]["url"], listed["broken"]["usable"]) == (None, None, False)
    assert any("colour" in warning for warning in listed["broken"]["warnings"])
    assert listed["openai_default"]["source"] == "variable AIRFLOW_CONN_OPENAI_DEFAULT"


def test_list_for_people_is_a_table_and_notes(knowing: Shell) -> None:
    titles, *lines = knowing("connection", "list").out.splitlines()
    assert titles.split() == ["ID", "PROVIDER", "MODEL"]
    rows = [line.split() for line in lines if not line.startswith(" ")]
    assert [row[0] for row in rows] == ["broken", "elastic", "lost", "one", "openai_default"]
    assert rows[3] == ["one", "Other", "small"]
    at = lines.index("one             Other     small")
    assert lines[at + 1 : at + 3] == [
        "  https://one.example/v1",
        f"  {knowing.home}/connectory.yml: connectory.connections.one",
    ]
    assert lines[1] == "  cannot be used"
    assert "  ! credential.api_key: env:NOT_SET cannot be read: the variable is not set" in lines


def test_terminal_is_never_too_narrow_for_a_line(knowing: Shell) -> None:
    knowing.variables["NO_COLOR"] = "1"
    lines = knowing.on_a_terminal("connection", "list", columns=30).splitlines()
    assert [line for line in lines if len(line) > 30] == []
    assert "  https://api.o…at/completions" in lines
    assert "  ! credential.api_key:" in lines
    assert "    env:NOT_SET cannot be" in lines


def test_notes_are_coloured_on_a_terminal(knowing: Shell) -> None:
    seen = knowing.on_a_terminal("connection", "list")
    assert "\x1b[33m  ! credential.api_key: env:NOT_SET" in seen
    assert "\x1b[31m  ! colour" in seen


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_terminal_that_wants_no_colours_gets_none(name: str, value: str, knowing: Shell) -> None:
    knowing.variables[name] = value
    assert "\x1b" not in knowing.on_a_terminal("connection", "list")


def test_show_for_machines_is_the_document_without_its_secrets(knowing: Shell) -> None:
    assert knowing("connection", "show", "one", "--json").json() == {
        "name": "The first",
        "provider": "other",
        "url": "https://one.example/v1",
        "model": "small",
        "credential": {"kind": "api_key"},
        "headers": {"X-Team": "a"},
        "source": f"{knowing.home}/connectory.yml: connectory.connections.one",
    }


def test_show_warns_machines_too(shell: Shell) -> None:
    shell.variables["AIRFLOW_CONN_A"] = "openai://:sk-test@llm.example.com/v1"
    shown = shell("connection", "show", "a", "--json").json()
    assert shown["warnings"] == ["host: names no scheme; it is read with `https://` before it"]


def test_show_names_where_a_secret_is_kept(knowing: Shell) -> None:
    shown = knowing("connection", "show", "lost", "--json").json()
    assert shown["credential"]["api_key"] == {"env": "NOT_SET"}
    assert "env:NOT_SET, the variable is not set" in knowing("connection", "show", "lost").out


def test_show_for_people_tells_secrets_apart_by_fingerprint(knowing: Shell) -> None:
    out = knowing("connection", "show", "one").out
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in out.splitlines()}
    assert lines["credential.api_key"].startswith("set, sha256:")
    assert lines["headers.Authorization"].startswith("set, sha256:")
    assert lines["url"] == "https://one.example/v1"


@pytest.mark.parametrize("arguments", [["list"], ["show", "one"], ["show", "elastic"], ["show", "openai_default"]])
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_no_secret_is_ever_shown(arguments: list[str], as_json: list[str], knowing: Shell) -> None:
    ran = knowing("connection", *arguments, *as_json)
    assert ran.code == 0
    for secret in ("in-the-file", "hidden-0002", "elastic-0003", "airflow-0004"):
        assert secret not in ran.out + ran.err
