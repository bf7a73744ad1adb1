"""Which home and which configuration file a catalog opens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connectory.catalog import Catalog
from connectory.credential import IdentityEndpoints
from connectory.errors import DocumentError
from tests.unit.catalog.conftest import Opened


def file_with(id: str, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"connectory.connections.{id}.credential.api_key: k\n", encoding="utf-8")
    return path


def known(catalog: Catalog) -> list[str]:
    return [entry.id for entry in catalog.entries()]


def test_a_home_without_a_file_is_a_home(opened: Opened) -> None:
    assert known(opened()) == []


def test_a_home_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert known(Catalog.open({"CONNECTORY_HOME": str(tmp_path / "nowhere")})) == []


def test_the_file_in_the_home_is_read(home: Path) -> None:
    file_with("a", home / "connectory.yml")
    assert known(Catalog.open({"CONNECTORY_HOME": str(home)})) == ["a"]


def test_the_home_is_in_the_users_folder_if_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file_with("a", tmp_path / ".connectory" / "connectory.yml")
    assert known(Catalog.open({})) == ["a"]


def test_a_named_file_takes_the_place_of_the_homes(home: Path, tmp_path: Path) -> None:
    file_with("a", home / "connectory.yml")
    named = file_with("b", tmp_path / "named.yml")
    assert known(Catalog.open({"CONNECTORY_HOME": str(home), "CONNECTORY_CONFIG": str(named)})) == ["b"]


def test_a_given_file_takes_the_place_of_the_named_one(tmp_path: Path) -> None:
    named, given = file_with("b", tmp_path / "named.yml"), file_with("c", tmp_path / "given.yml")
    assert known(Catalog.open({"CONNECTORY_CONFIG": str(named)}, config=given)) == ["c"]


@pytest.mark.parametrize("name", ["missing.yml", "a\0b.yml"])
def test_a_named_file_must_be_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError):
        Catalog.open({"CONNECTORY_CONFIG": str(tmp_path / name)})


def test_a_missing_file_is_named_with_the_reason_and_whoever_named_it(tmp_path: Path) -> None:
    missing = tmp_path / "missing.yml"
    with pytest.raises(DocumentError) as caught:
        Catalog.open({"CONNECTORY_CONFIG": str(missing)})
    reason = "cannot be read: no such file or directory"
    assert str(caught.value) == f"{missing}, which CONNECTORY_CONFIG names, {reason}"
    with pytest.raises(DocumentError) as caught:
        Catalog.open({"CONNECTORY_CONFIG": "else.yml"}, config=missing)
    assert str(caught.value) == f"{missing}, which the argument config names, {reason}"


def test_the_homes_file_needs_nobody_who_names_it(home: Path) -> None:
    file = file_with("a", home / "connectory.yml")
    file.write_text("[]")
    with pytest.raises(DocumentError) as caught:
        Catalog.open({"CONNECTORY_HOME": str(home)})
    assert str(caught.value) == f"{file} must hold an object, not a list"


@pytest.mark.parametrize("there", [True, False])
def test_a_catalog_says_which_file_was_or_would_be_read(home: Path, there: bool) -> None:
    if there:
        file_with("a", home / "connectory.yml")
    assert Catalog.open({"CONNECTORY_HOME": str(home)}).home.config == home / "connectory.yml"


def test_a_folder_in_its_place_is_as_if_it_were_not_there(home: Path) -> None:
    (home / "connectory.yml").mkdir(parents=True)
    assert known(Catalog.open({"CONNECTORY_HOME": str(home)})) == []


def test_a_home_that_cannot_be_looked_into_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/dev/null")
    assert known(Catalog.open({"AIRFLOW_CONN_A": "openai://:k@"})) == ["a"]


# ---- a file is parsed anew only when it has changed


def settled(path: Path, *, hours_ago: int = 2) -> Path:
    """The file as if it had been written some time ago."""
    written = 1_700_000_000 - hours_ago * 3600
    os.utime(path, (written, written))
    return path


def test_a_file_that_is_as_it_was_is_not_read_again(home: Path) -> None:
    seen = []
    for id in ("a", "b"):
        settled(file_with(id, home / "connectory.yml"))
        seen += known(Catalog.open({"CONNECTORY_HOME": str(home)}))
    assert seen == ["a", "a"]


@pytest.mark.parametrize("change", ["size", "time", "inode"])
def test_a_changed_file_is_seen_at_the_next_call(home: Path, change: str) -> None:
    file = settled(file_with("a", home / "connectory.yml"))
    before = known(Catalog.open({"CONNECTORY_HOME": str(home)}))
    if change == "size":
        settled(file_with("longer", file))
    elif change == "time":
        settled(file_with("b", file), hours_ago=1)
    else:
        settled(file_with("c", home / "new.yml")).replace(file)
    assert (before, known(Catalog.open({"CONNECTORY_HOME": str(home)})) == before) == (["a"], False)


def test_a_file_that_has_just_been_written_is_read_at_every_call(home: Path) -> None:
    seen = []
    for id in ("a", "b", "c"):
        file_with(id, home / "connectory.yml")
        seen += known(Catalog.open({"CONNECTORY_HOME": str(home)}))
    assert seen == ["a", "b", "c"]


def test_an_error_is_not_kept(home: Path) -> None:
    file = file_with("a", home / "connectory.yml")
    good = file.read_text()
    file.write_text("[" + good[1:])
    settled(file)
    with pytest.raises(DocumentError):
        Catalog.open({"CONNECTORY_HOME": str(home)})
    file.write_text(good)
    settled(file)
    assert known(Catalog.open({"CONNECTORY_HOME": str(home)})) == ["a"]


def test_a_catalog_reads_its_file_once_and_the_variables_at_every_call(home: Path) -> None:
    file = file_with("a", home / "connectory.yml")
    environ = {"CONNECTORY_HOME": str(home)}
    catalog = Catalog.open(environ)
    file_with("b", file)
    environ["CONNECTORY_CONNECTION_C"] = "openai://:k@"
    assert known(catalog) == ["a", "c"]


ENDPOINTS = """
    connectory.workload_identity:
      exchange_url: https://auth/token
      azure_metadata_url: http://127.0.0.1/azure
      gcp_metadata_url: http://127.0.0.1/gcp
"""


@pytest.mark.parametrize("id", ["ours", "elastics", "airflows", "variables"])
def test_every_connection_knows_what_the_operator_says_of_identities(opened: Opened, id: str) -> None:
    file = f"""
    connectory.connections.ours.credential.api_key: k
    xpack.actions.preconfigured.elastics:
      name: n
      actionTypeId: .gen-ai
      config: {{apiProvider: OpenAI, apiUrl: https://api.openai.com/v1}}
      secrets: {{apiKey: k}}
    {ENDPOINTS}"""
    variables = {"AIRFLOW_CONN_AIRFLOWS": "openai://:k@", "CONNECTORY_CONNECTION_VARIABLES": "openai://:k@"}
    assert opened(file, **variables).find(id).identity_endpoints == IdentityEndpoints(
        exchange_url="https://auth/token",
        azure_metadata_url="http://127.0.0.1/azure",
        gcp_metadata_url="http://127.0.0.1/gcp",
    )


def test_and_nothing_where_nobody_says_it(opened: Opened) -> None:
    assert opened(AIRFLOW_CONN_A="openai://:k@").find("a").identity_endpoints == IdentityEndpoints()
