"""The value of a YAML document, built from a parser's events: YAML 1.2, where dates, `on` and `no` are text.

Stricter than YAML: a key that stands twice is refused, and so are an alias inside what it stands for, which has no
end, every tag but those of the core schema, and whatever is larger than files of people are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from connectory.dialects.limits import Limits
from connectory.dialects.plain_values import Wrong
from connectory.errors import Problem

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[1-9][0-9]*)([eE][-+]?[0-9]+)?")
_NUMBERS = frozenset("-+.0123456789")
_LONGEST_NUMBER = 400
"""Characters. No float has more digits, and Python reads no integer of thousands."""
_LONG_NUMBER = f"a number of more than {_LONGEST_NUMBER} characters stands here; put it in quotes if it is text"

_CORE = "tag:yaml.org,2002:"
_SCALARS: Mapping[str, tuple[type, ...]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
}
_MERGE = "<<"


class Tree:
    """Takes events in their order; then `document` is what they say. Each method raises Wrong with the place."""

    def __init__(self, limits: Limits) -> None:
        self.document: Any = None
        self._limits = limits
        self._values = self._documents = 0
        self._open: list[_Object | _List] = []
        self._anchored: dict[str, Any] = {}

    def begin_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            _refuse(event, "a second document begins here, and a file holds one")

    def scalar(self, event: Any) -> None:
        value = _value_of(event)
        if event.anchor:
            self._anchored[event.anchor] = value
        self._put(event, value, event.value, merges=event.implicit[0] and event.value == _MERGE)

    def alias(self, event: Any) -> None:
        if event.anchor not in self._anchored:
            _refuse(event, _NO_ANCHOR)
        value = self._anchored[event.anchor]
        if isinstance(value, _Object | _List):
            _refuse(event, "an alias stands inside what it stands for")
        self._put(event, value, "" if isinstance(value, dict | list) else str(value))

    def begin_object(self, event: Any) -> None:
        self._begin(event, _Object(event.anchor), "map")

    def begin_list(self, event: Any) -> None:
        self._begin(event, _List(event.anchor), "seq")

    def end(self, event: Any) -> None:
        done = self._open.pop()
        if isinstance(done, _Object) and done.merged:
            done.value = {**done.merged, **done.value}
        if done.anchor and self._anchored[done.anchor] is done:
            self._anchored[done.anchor] = done.value
        self._put(event, done.value, "")

    def _begin(self, event: Any, opened: _Object | _List, tag: str) -> None:
        if event.tag not in (None, "!", _CORE + tag):
            _refuse(event, _NO_TAG)
        if len(self._open) == self._limits.levels:
            _refuse(event, f"the file {self._limits.too_deep}")
        if self._open and isinstance(self._open[-1], _Object) and not self._open[-1].has_key:
            _refuse(event, _NO_KEY)
        self._open.append(opened)
        if event.anchor:
            self._anchored[event.anchor] = opened

    def _put(self, event: Any, value: Any, text: str, *, merges: bool = False) -> None:
        if not self._open:
            self.document = value
            return
        around = self._open[-1]
        if isinstance(around, _List):
            around.value.append(value)
        elif not around.has_key:
            self._key(event, around, value, text, merges=merges)
            return
        elif around.merging:
            self._merge(event, around, value)
        else:
            around.value[around.key] = value
            around.has_key = False
        self._count(event, 1)

    def _key(self, event: Any, around: _Object, key: Any, text: str, *, merges: bool) -> None:
        if text in around.texts:
            _refuse(event, "the same key stands here twice")
        if isinstance(key, dict | list):
            _refuse(event, _NO_KEY)
        around.texts.add(text)
        around.key, around.has_key, around.merging = key, True, merges

    def _merge(self, event: Any, around: _Object, value: Any) -> None:
        """Of merged objects the first one wins, and what the object says itself wins over all."""
        objects = value if isinstance(value, list) else [value]
        if not all(isinstance(each, dict) for each in objects):
            _refuse(event, "what `<<` merges must be an object, or a list of objects")
        for each in objects:
            self._count(event, len(each))
            around.merged.update({key: inner for key, inner in each.items() if key not in around.merged})
        around.has_key = around.merging = False

    def _count(self, event: Any, values: int) -> None:
        self._values += values
        if self._values > self._limits.values:
            _refuse(event, f"the file {self._limits.too_many}")


class _Object:
    """An object that has begun. `texts` are its keys as they are written, `merged` is what `<<` brings."""

    __slots__ = ("anchor", "has_key", "key", "merged", "merging", "texts", "value")

    def __init__(self, anchor: str | None) -> None:
        self.anchor = anchor
        self.value: dict[Any, Any] = {}
        self.merged: dict[Any, Any] = {}
        self.texts: set[str] = set()
        self.key: Any = None
        self.has_key = self.merging = False


class _List:
    """A list that has begun."""

    __slots__ = ("anchor", "value")

    def __init__(self, anchor: str | None) -> None:
        self.anchor = anchor
        self.value: list[Any] = []


_NO_KEY = "a list or an object stands here as a key, and keys are text; put a template in braces in quotes"
_NO_ANCHOR = "an alias stands here, and nothing before it has its anchor; put text that begins with `*` in quotes"
_NO_TAG = (
    "a tag stands here that is not known or does not fit; leave it out, or put text that begins with `!` in quotes"
)


def _value_of(event: Any) -> Any:
    text, tag = event.value, event.tag
    if tag is None:
        return _plain(event) if event.implicit[0] else text
    if tag in ("!", f"{_CORE}str"):
        return text
    kinds = _SCALARS.get(tag.removeprefix(_CORE)) if tag.startswith(_CORE) else None
    value = _plain(event) if kinds else text
    if kinds is None or type(value) not in kinds:
        _refuse(event, _NO_TAG)
    return float(value) if float in kinds else value


def _plain(event: Any) -> Any:
    """What a plain word means."""
    text: str = event.value
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBERS or not (kind := _INT.fullmatch(text) or _FLOAT.fullmatch(text)):
        return text
    if len(text) > _LONGEST_NUMBER:
        _refuse(
            event, f"a number of more than {_LONGEST_NUMBER} characters stands here; put it in quotes if it is text"
        )
    return int(text) if kind.re is _INT else float(text)


def _refuse(event: Any, message: str) -> NoReturn:
    raise Wrong(Problem(place_of(event.start_mark), message))


def place_of(mark: Any) -> str:
    """Where something stands in a text, for people."""
    return f"line {mark.line + 1}, column {mark.column + 1}"
