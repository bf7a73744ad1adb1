"""What an extra brings, as the installed distribution says it."""

from __future__ import annotations

import re
from importlib.metadata import requires


def brought_by(extra: str) -> list[str]:
    """The distributions that an extra names, without their versions."""
    found = [line.replace('"', "'").partition(";") for line in requires("connectory") or ()]
    return [re.split(r"[<>=\[ ]", name)[0] for name, _, when in found if f"extra == '{extra}'" in when]


def test_airflow_brings_airflow_and_neither_store_nor_server() -> None:
    assert brought_by("airflow") == ["apache-airflow"]
