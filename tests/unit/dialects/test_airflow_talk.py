"""Airflow's commands talk on the same output that they write connections to."""

from __future__ import annotations

import pytest

from connectory.dialects.airflow_talk import without_talk
from connectory.dialects.documents import Found, Source, found_in

SAID = """\
2026-11-25T22:05:27.699841Z [warning  ] Skipping masking for a secret as it's too short [airflow] loc=masker.py:611
[2026-11-25T21:40:00.875+0000] {plugins.py:37} INFO - setup plugin alembic.autogenerate.schemas
/opt/airflow/models/pool.py:82 SADeprecationWarning: The loader strategy is deprecated
"""
DONE = "1 Connections successfully exported.\n"
FORMS = [
    '{\n  "llm": {\n    "conn_type": "openai",\n    "password": "k",\n    "host": null\n  }\n}\n',
    "llm:\n  conn_type: openai\n  host: null\n  password: k\n\n",
    "llm=openai://:k@/\n\n",
]


@pytest.mark.parametrize("form", FORMS, ids=["json", "yaml", "env"])
def test_connections_are_found_between_what_airflow_says(form: str) -> None:
    found = list(found_in(SAID + form + DONE, Source(name="standard input")))
    assert [(one.id, one.words) for one in found if isinstance(one, Found)] == [("llm", "Airflow")]


@pytest.mark.parametrize("form", FORMS, ids=["json", "yaml", "env"])
def test_nothing_of_a_connection_is_taken_for_talk(form: str) -> None:
    assert without_talk(form) == form


def test_lines_keep_their_numbers() -> None:
    assert without_talk(SAID + "llm: {}\n").splitlines() == ["", "", "", "llm: {}"]
