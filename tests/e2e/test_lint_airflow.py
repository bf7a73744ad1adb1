"""connectory lint-airflow: what is wrong with connections as Airflow has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.shell import Shell

pytestmark = pytest.mark.e2e

KEY = "sk-canary-0123456789abcdef"

WRONG = {
    "no_at": f"openai://:{KEY}",
    "no_scheme": json.dumps({"conn_type": "openai", "password": KEY, "host": "llm.corp/v1"}),
    "no_json": json.dumps({"conn_type": "openai", "password": KEY, "extra": "{not json"}),
    "unknown_argument": json.dumps(
        {"conn_type": "openai", "password": KEY, "extra": {"openai_client_kwargs": {"timeuot": 5}}}
    ),
    "broken_key": json.dumps({"conn_type": "openai", "password": f"{KEY}\nrest"}),
    "blank": json.dumps({"conn_type": "openai", "password": f"{KEY}\n"}),
    "text_for_number": json.dumps(
        {"conn_type": "openai", "password": KEY, "extra": {"openai_client_kwargs": {"timeout": "30"}}}
    ),
    "query": f"openai://:{KEY}@api.openai.com?openai_client_kwargs=%7B%22timeout%22%3A30%7D",
    "port": f"openai://https://:{KEY}@llm.corp:8443/v1",
    "no_key": json.dumps({"conn_type": "openai"}),
}
BARE = {"bare_key": KEY, "list": f'["{KEY}"]', "_team___host": f"openai://:{KEY}@llm.corp"}
GOOD = {"good": f"openai://:{KEY}@", "other": "postgres://u:p@h/d", "_team___good": f"openai://:{KEY}@", "empty": ""}


def test_variables_are_judged_one_by_one(shell: Shell) -> None:
    for id, value in {**WRONG, **BARE, **GOOD}.items():
        shell.variables[f"AIRFLOW_CONN_{id.upper()}"] = value
    ran = shell("lint-airflow", "--from-env", "--json")
    assert (ran.code, ran.err, KEY in ran.out) == (3, "", False)
    places = {finding["place"]: finding["problems"] for finding in ran.json()["connections"]}
    told = {place.removeprefix("variable AIRFLOW_CONN_").lower(): problems for place, problems in places.items()}
    assert told.keys() == {*WRONG, *BARE, "good", "_team___good"}
    assert {id for id, problems in told.items() if problems} == {*WRONG, *BARE}
    assert ran.json()["skipped"] == [
        {"place": "variable AIRFLOW_CONN_EMPTY", "what": "empty, which Airflow takes for nothing"},
        {"place": "variable AIRFLOW_CONN_OTHER", "what": "a connection of another type"},
    ]
    people = shell("lint-airflow", "--from-env")
    assert (people.code, KEY in people.out) == (3, False)
    assert "15 connections, 13 wrong" in people.out
    assert "skipped variable AIRFLOW_CONN_OTHER: a connection of another type" in people.out


def test_export_is_judged(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "connections.json"
    file.write_text(json.dumps({"good": {"conn_type": "openai", "password": KEY}, "bad": {"conn_type": "openai"}}))
    ran = shell("lint-airflow", str(file), "--json")
    assert (ran.code, [bool(each["problems"]) for each in ran.json()["connections"]]) == (3, [False, True])
    file.write_text(json.dumps({"bare": KEY, "other": "postgres://u:p@h/d"}))
    ran = shell("lint-airflow", str(file))
    assert (ran.code, KEY in ran.out) == (3, False)
    assert ran.out.endswith("other: a connection of another type\n1 connection, 1 wrong\n")
    file.write_text(json.dumps({"good": {"conn_type": "openai", "password": KEY}}))
    assert shell("lint-airflow", "-", input=file.read_bytes()).code == 0


def test_nothing_to_look_at(shell: Shell) -> None:
    assert shell("lint-airflow").code == 2
    assert shell("lint-airflow", "--from-env", "x").code == 2
    ran = shell("lint-airflow", "--from-env")
    assert (ran.code, ran.out) == (0, "No connections to OpenAI in there.\n")
