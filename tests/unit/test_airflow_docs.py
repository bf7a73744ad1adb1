"""docs/airflow.md names everything that is there, and its examples are Python."""

import ast
import re
from pathlib import Path

import connectory.airflow

TEXT = (Path(__file__).parents[2] / "docs" / "airflow.md").read_text(encoding="utf-8")


def test_every_name_is_told() -> None:
    assert [name for name in connectory.airflow.__all__ if name not in TEXT and name != "ConnectoryHook"] == []


def test_examples_are_python() -> None:
    examples = re.findall(r"^```python\n(.*?)^```$", TEXT, re.M | re.S)
    assert len(examples) >= 3
    for example in examples:
        compile(example, "example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
