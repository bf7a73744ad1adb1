"""YAML as people write it, and as YAML 1.2 reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from connectory.dialects import yaml_file
from connectory.dialects.limits import FILE
from connectory.dialects.plain_values import Wrong
from connectory.errors import DocumentError

PARSERS: list[Any] = [yaml.SafeLoader, *([yaml.CSafeLoader] if hasattr(yaml, "CSafeLoader") else [])]
NO_ANCHOR = "an alias stands here, and nothing before it has its anchor; put text that begins with `*` in quotes"
NO_TAG = "a tag stands here that is not known or does not fit; leave it out, or put text that begins with `!` in quotes"
NO_KEY = "a list or an object stands here as a key, and keys are text; put a template in braces in quotes"
LONG_NUMBER = "a number of more than 400 characters stands here; put it in quotes if it is text"
MISFIT = "the indentation of this line, or of one above it, does not fit that of its neighbours"
UNFINISHED = "; something above is not finished: a quote, a bracket, a key without its `:`"
INSIDE = "an alias stands inside what it stands for"
MANY = f"the file {FILE.too_many}"


def loaded(folder: Path, text: str | bytes) -> Any:
    file = folder / "file.yml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return yaml_file.load(file)


def refused(folder: Path, text: str | bytes) -> tuple[str, str]:
    with pytest.raises(DocumentError) as caught:
        loaded(folder, text)
    [problem] = caught.value.problems
    return problem.path, problem.message


def refused_by(parser: Any, text: str) -> tuple[str, str]:
    with pytest.raises(Wrong) as caught:
        yaml_file.built(yaml.parse(text, Loader=parser))
    [problem] = caught.value.problems
    return problem.path, problem.message


def many(keys: int) -> str:
    return ", ".join(f"k{number}: 0" for number in range(keys))


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
        ("a: *hunter2", ("line 1, column 4", NO_ANCHOR)),
        ("a: !hunter2 b", ("line 1, column 4", NO_TAG)),
        ("a: !x'hunter2 b", ("line 1, column 4", NO_TAG)),
        ("a: !!python/object:os.system b", ("line 1, column 4", NO_TAG)),
        ("a: !!python/object:os.system {}", ("line 1, column 4", NO_TAG)),
        ("a: !!binary c2s=", ("line 1, column 4", NO_TAG)),
        ("a: !!map b", ("line 1, column 4", NO_TAG)),
        ("a: !!map [b]", ("line 1, column 4", NO_TAG)),
        ("a: !!timestamp b", ("line 1, column 4", NO_TAG)),
        ("a: !!int b", ("line 1, column 4", NO_TAG)),
        ("? [a]\n: b", ("line 1, column 3", NO_KEY)),
        ("a: {{b}}", ("line 1, column 5", NO_KEY)),
        ("a: &x [1]\n*x : b", ("line 2, column 1", NO_KEY)),
        ("a: {<<: b}", ("line 1, column 9", "what `<<` merges must be an object, or a list of objects")),
        ("a: " + "9" * 5000, ("line 1, column 4", LONG_NUMBER)),
        ("a: 1\n---\nb: 2", ("line 2, column 1", "a second document begins here, and a file holds one")),
        ("a: &hunter2 {b: *hunter2}", ("line 1, column 17", INSIDE)),
        ("a: &hunter2 [{b: *hunter2}]", ("line 1, column 18", INSIDE)),
        ("a: &hunter2 {<<: *hunter2}", ("line 1, column 18", INSIDE)),
        ("a: &x {? *x : 1}", ("line 1, column 10", INSIDE)),
        ("a.b: &x {c: {d: *x}}\na: {b: *x}", ("line 1, column 17", INSIDE)),
        ("a: " + "[" * 5000, ("line 1, column 103", f"the file {FILE.too_deep}")),
        ("- " * 101, ("line 1, column 201", f"the file {FILE.too_deep}")),
        ("\n".join(" " * level + "a:" for level in range(102)), ("line 101, column 101", f"the file {FILE.too_deep}")),
        ("[" + "0," * 100_001 + "]", ("line 1, column 200002", f"the file {FILE.too_many}")),
        (f"a: &a [{'0,' * 500}]\nb: &b [{'*a,' * 500}]\nc: *b", ("", FILE.too_many)),
        (f"a: &a {'x' * 9_000}\nb: [{'*a,' * 2_000}]", ("", FILE.too_large)),
        (
            f"a: &a {{{many(1_000)}}}\n" + "\n".join(f"b{n}: {{<<: *a}}" for n in range(100)),
            ("line 100, column 11", MANY),
        ),
        ("&a [&b [&c [*a]]]", ("line 1, column 13", INSIDE)),
        ("? " * 200 + "a", ("line 1, column 3", NO_KEY)),
    ],
)
def test_what_is_not_taken_is_refused_at_its_place_and_without_its_words(text: str, problem: tuple[str, str]) -> None:
    assert {parser: refused_by(parser, text) for parser in PARSERS} == dict.fromkeys(PARSERS, problem)


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("a: b: c", "line 1, column 5", "; put text with `:` in it in quotes"),
        ("a: @b", "line 1, column 4", "; put text with `@` in it in quotes"),
        ("\ta: b", "line 1, column 1", "a tab stands here among the blanks of an indentation; use blanks only"),
        ("a:\n \tb: c", "line 2, column 2", "a tab stands here among the blanks of an indentation; use blanks only"),
        ("a: 'b", "line 1, column 6", UNFINISHED),
        ("a: {b: c", "line 2, column 1", UNFINISHED),
        ("a:\nb", "line 3, column 1", UNFINISHED),
        ("a:\n    b: 1\n  c: 2", "line 3, column 3", MISFIT),
        ("a:\n  - b\n c: 2", "line 3, column 2", MISFIT),
        ("a: 1\n- b", "line 2, column 1", MISFIT),
        (
            "a:\n  b: 1\n    c: 2",
            "line 3, column 6",
            "is indented more than the line above it, which has a value already",
        ),
        ("a: 'b' c", "line 1, column 8", "before it on the line; is there a quote or a bracket too many, or too few?"),
        ("a: {b: 1 c: 2}", "line 1, column 11", "a comma or a closing bracket is missing before this"),
        ("a: [b, c\nd: 1", "line 2, column 2", "a comma or a closing bracket is missing before this"),
        ("a: b\nc d\ne: f", "line 3, column 1", "line 2 is no `key: value`, and no part of one"),
        ("%YAML 3.0\n---\na: b", "line 1, column 1", "found incompatible YAML document"),
        ("a: !h!unter2 b", "line 1, column 4", "found undefined tag handle; put text with `!` in it in quotes"),
        ("a: \x07", "line 1", "has a character in it that cannot be printed"),
        ("a\r\n\r\nb: \0", "line 3", "has a character in it that cannot be printed"),
        ("\n" + "%a\n" * 101, "", "is no YAML: it has more than 100 lines that begin with `%`"),
        (b"a: \xff", "", "is not UTF-8 text"),
        ("a: b".encode("utf-16"), "", "is UTF-16 text; save it as UTF-8"),
        ("a: b".encode("utf-16-le"), "", "is UTF-16 text; save it as UTF-8"),
        ("a: b".encode("utf-16-be"), "", "is UTF-16 text; save it as UTF-8"),
        (b" " * 10_000_001, "", FILE.too_large),
    ],
)
def test_what_is_no_yaml_is_refused_at_its_line_and_without_its_words(
    tmp_path: Path, text: str | bytes, place: str, problem: str
) -> None:
    path, message = refused(tmp_path, text)
    assert (path, message[-len(problem) :]) == (place, problem)
    assert "unter2" not in message


def test_a_byte_order_mark_before_a_file_says_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path, b"\xef\xbb\xbfa: 1") == {"a": 1}


def test_a_device_without_an_end_is_no_file() -> None:
    with pytest.raises(DocumentError, match="is larger than 10 MB"):
        yaml_file.load(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("!!int '1'", 1),
        ("!!float 1", 1.0),
        ("!!bool true", True),
        ("!!null ''", None),
        ("!!map {}", {}),
        ("!!seq [~]", [None]),
        ('"1"', "1"),
        ("|\n  1\n", "1\n"),
        ("<<", "<<"),
        ("{'<<': 1}", {"<<": 1}),
        ("{<<: [{b: 1, c: 1}, {b: 2, d: 2}], d: 3}", {"b": 1, "c": 1, "d": 3}),
        ("[&x 1, &x 2, *x]", [1, 2, 2]),
        ("{&x b: *x}", {"b": "b"}),
    ],
)
def test_both_parsers_give_the_same(text: str, value: Any) -> None:
    given = [yaml_file.built(yaml.parse(f"a: {text}", Loader=parser)) for parser in PARSERS]
    assert given == [{"a": value}] * len(PARSERS)
    assert [repr(one) for one in given] == [repr({"a": value})] * len(PARSERS)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        yaml_file.load(tmp_path / "missing.yml")
    assert caught.value.problems[0].message == "cannot be read: no such file or directory"
