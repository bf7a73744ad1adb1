"""YAML as people write it, and as YAML 1.2 reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectory.dialects import yaml_file
from connectory.errors import DocumentError


def loaded(folder: Path, text: str | bytes) -> Any:
    file = folder / "file.yml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return yaml_file.load(file)


def refused(folder: Path, text: str | bytes) -> tuple[str, str]:
    with pytest.raises(DocumentError) as caught:
        loaded(folder, text)
    [problem] = caught.value.problems
    return problem.path, problem.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-10-21", "2024-10-21"),
        ("2024-13-45", "2024-13-45"),
        ("on", "on"),
        ("no", "no"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-17", -17),
        ("010", "010"),
        ("089", "089"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-2.", -2.0),
        (".nan", ".nan"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("sk-abc", "sk-abc"),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says(tmp_path: Path, text: str, value: Any) -> None:
    assert loaded(tmp_path, f"a: {text}") == {"a": value}


def test_json_is_yaml(tmp_path: Path) -> None:
    text = '{"a": {"b": [1, "x", null, true]}}'
    assert loaded(tmp_path, text) == {"a": {"b": [1, "x", None, True]}}


@pytest.mark.parametrize("text", ["", "   ", "# a comment", "---"])
def test_an_empty_file_is_an_empty_object(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, text) == {}


def test_a_merged_key_may_be_said_again(tmp_path: Path) -> None:
    text = "z: &z {k: 0}\nx:\n  y: &a {<<: *z, k: 1}\nb: {<<: *a, k: 2}"
    assert loaded(tmp_path, text)["b"] == {"k": 2}


def test_an_alias_may_stand_beside_and_inside_others(tmp_path: Path) -> None:
    text = "a: &x {k: 0}\nb: &y [*x, {z: *x}]\nc: *y"
    assert loaded(tmp_path, text)["c"] == [{"k": 0}, {"z": {"k": 0}}]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2", ("line 2, column 1", "the same key stands here twice")),
        ("x:\n  a: 1\n  b: 2\n  a: 3", ("line 4, column 3", "the same key stands here twice")),
        ("{a: 1, 'a': 2}", ("line 1, column 8", "the same key stands here twice")),
        ("a: {<<: {b: 1}, <<: {c: 2}}", ("line 1, column 17", "the same key stands here twice")),
        ("a: b: c", ("line 1, column 5", "mapping values are not allowed here")),
        ("\ta: b", ("line 1, column 1", "found character '\\t' that cannot start any token")),
        ("a: {b: c", ("line 1, column 9", "expected ',' or '}', but got '<stream end>'")),
        ("a: 'b", ("line 1, column 6", "found unexpected end of stream")),
        ("? [a]\n: b", ("line 1, column 3", "found unhashable key")),
        ("a: *hunter2", ("line 1, column 4", "found undefined alias")),
        ("a: !hunter2 b", ("line 1, column 4", "could not determine a constructor for the tag")),
        ("a: !x'hunter2 b", ("line 1, column 4", "could not determine a constructor for the tag")),
        ("a: !h!unter2 b", ("line 1, column 4", "found undefined tag handle")),
        ("a: !!python/object:os.system b", ("line 1, column 4", "could not determine a constructor for the tag")),
        ("a: !!map b", ("line 1, column 4", "expected a mapping node, but found scalar")),
        ("a: !!timestamp b", ("", "is no YAML that can be read")),
        ("a: !!int b", ("", "is no YAML that can be read")),
        ("a: " + "9" * 5000, ("", "is no YAML that can be read")),
        ("a: " + "[" * 5000, ("", "is no YAML that can be read")),
        ("a: \x07", ("", "has a control character in it")),
        (b"a: \xff", ("", "is not UTF-8 text")),
        ("a: 1\n---\nb: 2", ("line 2, column 1", "but found another document")),
        ("a: &hunter2 {b: *hunter2}", ("line 1, column 17", "an alias stands inside what it stands for")),
        ("a: &hunter2 [{b: *hunter2}]", ("line 1, column 18", "an alias stands inside what it stands for")),
        ("a: &hunter2 {<<: *hunter2}", ("line 1, column 18", "an alias stands inside what it stands for")),
        ("a: &x {? *x : 1}", ("line 1, column 10", "an alias stands inside what it stands for")),
        ("a.b: &x {c: {d: *x}}\na: {b: *x}", ("line 1, column 17", "an alias stands inside what it stands for")),
    ],
)
def test_what_is_no_yaml_is_refused_at_its_line_and_without_its_words(
    tmp_path: Path, text: str | bytes, problem: tuple[str, str]
) -> None:
    assert refused(tmp_path, text) == problem


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        yaml_file.load(tmp_path / "missing.yml")
    assert caught.value.problems[0].message == "cannot be read: no such file or directory"
