"""A JSON object as members that keep their own text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectory.wire.json_object import compact, quoted, read_object, write_object

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=5)


def rewritten(body: str | bytes) -> bytes:
    given_object = read_object(body)
    assert given_object is not None
    return write_object(given_object.members)


@settings(deadline=None)
@given(OBJECTS, st.sampled_from([None, 0, 3]), st.booleans())
def test_an_object_keeps_its_meaning(document: dict[str, object], indent: int | None, ascii_only: bool) -> None:
    body = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    try:
        sent = body.encode()
    except UnicodeEncodeError:
        sent = body.encode("utf-8", "backslashreplace")
    assert json.loads(rewritten(sent)) == json.loads(sent)


@settings(deadline=None)
@given(OBJECTS)
def test_an_object_is_written_as_javascript_would(document: dict[str, object]) -> None:
    numbers_aside = json.loads(json.dumps(document), parse_int=lambda _: 1, parse_float=lambda _: 1)
    expected = json.dumps(numbers_aside, ensure_ascii=False, separators=(",", ":"))
    spread = json.dumps(numbers_aside, indent=1)
    assert rewritten(spread) == expected.encode("utf-8", "backslashreplace")


@settings(deadline=None)
@given(st.text() | st.binary())
def test_any_text_or_bytes_are_read_or_refused(body: str | bytes) -> None:
    read_object(body)


@settings(deadline=None)
@given(st.text(alphabet='{}[]",:\\u0 \n1eE.-tnaN', max_size=30))
def test_what_is_read_is_json(text: str) -> None:
    if read_object("{" + text) is not None:
        assert isinstance(json.loads("{" + text), dict)


@pytest.mark.parametrize(
    "number",
    ["1.0", "-0", "1e400", "1E+2", "12345678901234567890", "0.1000000000000000055", "9" * 5000],
)
def test_a_number_keeps_its_digits(number: str) -> None:
    assert rewritten(f'{{ "n" : {number} }}') == f'{{"n":{number}}}'.encode()


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        (r'"\u00e9"', '"é"'),
        (r'"\ud83d\ude00"', '"😀"'),
        (r'"\ud800"', r'"\ud800"'),
        (r'"\uD800x\uDC00"', r'"\ud800x\udc00"'),
        (r'"\/"', '"/"'),
        (r'"\u000a\u0007"', r'"\n\u0007"'),
        (r'"\\u00e9"', r'"\\u00e9"'),
        (r'"a \" , : b"', r'"a \" , : b"'),
    ],
)
def test_a_string_has_one_spelling(sent: str, written: str) -> None:
    assert compact(f" [ {sent} , 1 ] ") == f"[{written},1]"


def test_a_lone_surrogate_in_python_text_becomes_the_escape_of_json() -> None:
    assert rewritten('{"a":"\ud800"}') == rb'{"a":"\ud800"}'


def test_a_name_is_read_through_its_escapes() -> None:
    read = read_object(r'{"str\u0065am":true}')
    assert read is not None
    assert list(read.members) == ["stream"]


def test_of_members_with_one_name_the_last_counts_at_the_place_of_the_first() -> None:
    read = read_object('{"a":1,"b":2,"a":3}')
    assert read is not None
    assert read.repeats_names
    assert write_object(read.members) == b'{"a":3,"b":2}'


def test_names_repeated_further_in_are_left_alone() -> None:
    assert rewritten('{"a": {"b": 1, "b": 2}}') == b'{"a":{"b":1,"b":2}}'


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "5",
        '"text"',
        "[{}]",
        "{",
        "{}}",
        "{} x",
        '{"a"}',
        '{"a":}',
        '{"a":1,}',
        '{"a":1 "b":2}',
        "{'a':1}",
        "{a:1}",
        '{"a":NaN}',
        '{"a":[-Infinity]}',
        '{"a":01}',
        '{"a":"\n"}',
        '\ufeff{"a":1}',
        "\u00a0{}",
        '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
    ],
)
def test_what_is_no_object_is_none(body: str | bytes) -> None:
    assert read_object(body) is None


def test_quoted_text_is_json_of_the_same_text() -> None:
    assert quoted('é"\\\ud800\n') == r'"é\"\\\ud800\n"'
