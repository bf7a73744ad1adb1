"""YAML that is written reads as what it was, by the rules of YAML 1.1 and 1.2."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given

from connectory.dialects import yaml_file
from connectory.dialects.yaml_file import dump
from tests.unit.dialects.documents import JSON


@pytest.mark.parametrize(
    "text",
    ["yes", "no", "1e3", "089", "010", "0o14", "0x1F", "12:30", "2024-10-21", "~", "", "=", "<<", "-.5", "#", "a: b"],
)
def test_text_that_means_something_else_is_in_quotes(text: str) -> None:
    assert dump([text]) == f"- '{text}'\n"


@pytest.mark.parametrize("value", [{"a": 1.0}, {"a": 7}, {"a": None}, {"a": True}, {"a": 1e20}, {"ä": "Für\u2028\x00"}])
def test_a_value_is_what_it_was_to_all_readers(value: Any) -> None:
    text = dump(value)
    assert (yaml.safe_load(text), yaml_file.loads(text, subject="it")) == (value, value)


@given(JSON)
@example({"\x85": "\u2028 \u2029\n\x85"})
def test_any_value_is_read_again(value: Any) -> None:
    text = dump({"a": value, "b": value})
    assert yaml_file.loads(text, subject="it") == {"a": value, "b": value}


def test_text_is_not_broken_into_lines_and_nothing_is_an_alias() -> None:
    part = {"z": "word " * 99 + "word", "a": "ü"}
    assert dump([part, part]) == f"- z: {part['z']}\n  a: ü\n" * 2
