"""connectory connection add, update, remove: a store in the home, without a server."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.e2e.shell import Shell
from tests.upstream import Upstream

pytestmark = pytest.mark.e2e

KEY = "sk-canary-0123456789abcdef"


@pytest.fixture
def kept(shell: Shell) -> Shell:
    """A shell whose store has the connection `llm`."""
    added = shell("connection", "add", "llm", "--provider", "other", "--url", "http://a.example/v1",
                  "--secret-from", "-", input=KEY.encode())  # fmt: skip
    assert (added.code, added.err) == (0, "")
    return shell


def test_a_connection_is_added_and_used(shell: Shell, service: Upstream) -> None:
    shell.variables["KEY"] = "sk-test"
    added = shell(
        "connection", "add", "llm", "--url", f"{service.url}/v1", "--model", "gpt-test", "--secret-from", "env:KEY"
    )
    assert (added.code, added.out) == (0, f"added llm (revision 1) in the store {shell.home}/connectory.db\n")
    del shell.variables["KEY"]
    assert shell("chat", "llm", "Hello").code == 0


def test_the_store_and_its_key_are_for_their_owner_only(kept: Shell) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in kept.home.iterdir()}
    assert {modes[name] for name in ("connectory.db", "master.key")} == {0o600}


def test_no_secret_is_in_any_file_of_the_home(kept: Shell) -> None:
    assert [path for path in kept.home.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()] == []


def test_it_is_listed_and_shown_with_its_place(kept: Shell) -> None:
    [entry] = kept("connection", "list", "--json").json()
    assert (entry["id"], entry["source"]) == ("llm", f"store {kept.home}/connectory.db")
    shown = kept("connection", "show", "llm", "--json").json()
    assert shown["credential"] == {"kind": "api_key"}


def test_settings_of_every_kind_are_flags(shell: Shell) -> None:
    added = shell(
        *("connection", "add", "pod", "--auth-type", "workload_identity", "--workload-identity-provider", "gcp"),
        *("--identity-provider-id", "idp", "--service-account-id", "sa", "--audience", "a", "--timeout", "5"),
        *("--set", "labels.team=blue", "--set", "headers.X-Team=blue", "--json"),
    )
    document = added.json()
    assert document["credential"] == {
        "kind": "workload_identity",
        "identity_provider_id": "idp",
        "service_account_id": "sa",
        "source": {"kind": "gcp", "audience": "a"},
    }
    assert (document["client"], document["labels"], document["headers"]) == (
        {"timeout": 5.0},
        {"team": "blue"},
        {"X-Team": "blue"},
    )


def test_what_is_missing_is_asked_for_on_a_terminal_and_the_key_is_not_seen(shell: Shell) -> None:
    answers = {"Provider": "other", "URL": "http://a.example/v1", "API key": KEY}
    code, seen = shell.answering("connection", "add", "llm", answers=answers)
    assert code == 0
    assert "added llm (revision 1)" in seen
    assert KEY not in seen


def test_a_service_without_a_key_is_asked_for_by_an_empty_answer(shell: Shell) -> None:
    answers = {"Provider": "other", "URL": "http://a.example/v1", "API key": ""}
    assert shell.answering("connection", "add", "llm", answers=answers)[0] == 0
    assert shell("connection", "show", "llm", "--json").json()["credential"] == {"kind": "none"}


def test_off_a_terminal_everything_missing_is_told_at_once(shell: Shell) -> None:
    added = shell("connection", "add", "llm", "--provider", "other", "--json")
    assert added.code == 3
    assert [problem["path"] for problem in added.error()["problems"]] == ["credential.api_key", "url"]


def test_an_id_is_taken_once(kept: Shell) -> None:
    again = kept("connection", "add", "llm", "--auth-type", "none", "--json")
    assert (again.code, again.error()["code"]) == (1, "connection_exists")


def test_a_secret_in_an_argument_is_refused(shell: Shell) -> None:
    added = shell("connection", "add", "llm", "--set", f"credential.api_key={KEY}")
    assert added.code == 2
    assert KEY not in added.err


def test_an_update_changes_what_it_says_and_keeps_the_secrets(kept: Shell) -> None:
    updated = kept("connection", "update", "llm", "--model", "m", "--set", "labels.team=blue")
    assert (updated.code, updated.out.split(" in ")[0]) == (0, "changed llm (revision 2)")
    [entry] = kept("connection", "list", "--json").json()
    assert (entry["model"], entry["missing_secrets"]) == ("m", [])


def test_a_secret_is_not_sent_to_another_place_than_it_was_given_for(kept: Shell) -> None:
    updated = kept("connection", "update", "llm", "--url", "https://elsewhere.example/v1")
    assert updated.code == 0
    assert "give them again with --secret-from: credential.api_key" in updated.err
    [entry] = kept("connection", "list", "--json").json()
    assert entry["missing_secrets"] == ["credential.api_key"]
    assert kept("chat", "llm", "Hello").code == 4


def test_it_goes_along_when_it_is_given_again(kept: Shell) -> None:
    kept("connection", "update", "llm", "--url", "https://b.example/v1", "--secret-from", "-", input=KEY.encode())
    [entry] = kept("connection", "list", "--json").json()
    assert entry["missing_secrets"] == []


def test_a_stale_revision_is_refused_and_says_who_changed_what(kept: Shell) -> None:
    kept("connection", "update", "llm", "--model", "m")
    stale = kept("connection", "update", "llm", "--model", "other", "--revision", "1", "--json")
    assert (stale.code, stale.error()["code"]) == (1, "stale_revision")
    assert "changed (model) by " in stale.error()["message"]


def test_a_reference_is_kept_and_read_at_use(shell: Shell) -> None:
    shell.variables["KEY"] = KEY
    shell("connection", "add", "llm", "--secret-from", "env:KEY", "--by-reference")
    assert shell("connection", "show", "llm", "--json").json()["credential"]["api_key"] == {"env": "KEY"}
    del shell.variables["KEY"]
    [entry] = shell("connection", "list", "--json").json()
    assert entry["missing_secrets"] == ["credential.api_key"]


def test_a_removed_connection_is_gone(kept: Shell) -> None:
    assert kept("connection", "remove", "llm").code == 0
    assert kept("connection", "list", "--json").json() == []
    assert kept("connection", "remove", "llm").code == 7


def test_a_terminal_is_asked_before_something_is_removed(kept: Shell) -> None:
    code, _ = kept.answering("connection", "remove", "llm", answers={"Remove llm": "n"})
    assert code == 130
    assert len(kept("connection", "list", "--json").json()) == 1


def test_what_stands_in_a_variable_or_in_the_file_is_only_read(shell: Shell) -> None:
    shell.knows("llm", credential={"api_key": "k"})
    updated = shell("connection", "update", "llm", "--model", "m", "--json")
    assert (updated.code, updated.error()["code"]) == (1, "read_only")
    assert "variable CONNECTORY_CONNECTION_LLM" in updated.error()["message"]


def test_a_connection_that_is_hidden_by_a_variable_is_added_with_a_note(shell: Shell) -> None:
    shell.knows("llm", credential={"api_key": "k"})
    added = shell("connection", "add", "llm", "--auth-type", "none")
    assert (added.code, "comes first" in added.err) == (0, True)


def test_without_a_store_nothing_is_made(shell: Shell, tmp_path: Path) -> None:
    assert shell("connection", "list", "--json").json() == []
    assert list(tmp_path.iterdir()) == []


def test_show_tells_the_revision_and_who_made_it(kept: Shell) -> None:
    assert kept("connection", "show", "llm", "--json").json()["revision"] == 1
    assert "revision                     1, by " in kept("connection", "show", "llm").out


def test_missing_secrets_are_asked_for_on_a_terminal(kept: Shell) -> None:
    kept("connection", "update", "llm", "--url", "https://b.example/v1")
    code, seen = kept.answering("connection", "update", "llm", answers={"credential.api_key": KEY})
    assert (code, KEY in seen) == (0, False)
    [entry] = kept("connection", "list", "--json").json()
    assert entry["missing_secrets"] == []


def test_openai_is_never_without_a_key_by_an_empty_answer(shell: Shell) -> None:
    code, seen = shell.answering("connection", "add", "llm", answers={"Provider": "openai", "API key": ""})
    assert (code, "an API key is needed" in seen.replace("\n", " ")) == (3, True)
