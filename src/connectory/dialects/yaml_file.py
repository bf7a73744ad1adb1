"""Reading YAML that people write by hand, and writing it."""

from __future__ import annotations

import functools
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from connectory.dialects.json_text import BOM
from connectory.dialects.limits import FILE, within
from connectory.dialects.plain_values import Wrong
from connectory.dialects.yaml_tree import Tree, place_of
from connectory.errors import DocumentError, Problem

_BREAKS = "\n\r\x85\u2028\u2029"
_BY_HAND = 500_000
"""Characters of a file in which lines are looked for: of a larger one that would cost as much as to read it."""

_MOST_DIRECTIVES = 100
"""libyaml compares each with all before it, so that many thousands of them take minutes."""

_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no YAML has in it (YAML 1.2, section 5.1)."""

_SIGNS = ":@%&*!|>"
"""Signs of YAML's that text is often written with, and that it then needs quotes for."""

_LINE = re.compile(f"[^{_BREAKS}]*")
_TABS = re.compile(r" *\t")


def load(path: Path, *, subject: str | None = None) -> Any:
    """What a YAML file holds; `{}` for an empty one. Messages call it `subject`, or by its path.

    Raises DocumentError, with the line, for one that is no YAML, or that is larger than files of people are.
    """
    try:
        with path.open("rb") as file:
            text = _text_of(file.read(FILE.text + 1))
    except OSError as error:
        problem = Problem("", f"cannot be read: {(error.strerror or 'no reason given').lower()}")
    except ValueError as error:  # a path with a NUL in it, if it is not ours
        problem = error.problems[0] if isinstance(error, Wrong) else Problem("", "has a name that no file can have")
    else:
        return loads(text, subject=subject or str(path))
    raise DocumentError(subject or str(path), [problem])


def loads(text: str, *, subject: str) -> Any:
    """The same of text."""
    try:
        document = _document(text.removeprefix(BOM))
    except Wrong as wrong:
        problems = wrong.problems
    else:
        return {} if document is None else document
    raise DocumentError(subject, problems)


def dump(value: Any) -> str:
    """YAML that reads as this value, by the rules of YAML 1.1 and 1.2."""
    import yaml

    return yaml.dump(value, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=10**6)


def built(events: Iterable[Any]) -> Any:
    """What the events of one of PyYAML's parsers say. Raises Wrong."""
    tree, take = Tree(FILE), _takers()
    for event in events:
        if taker := take.get(type(event)):
            taker(tree, event)
    within(FILE, tree.document)  # each alias counts as what it stands for
    return tree.document


def _text_of(data: bytes) -> str:
    if len(data) > FILE.text:
        raise Wrong.because(FILE.too_large)
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or data[:4:2] == b"\0\0" or data[1:4:2] == b"\0\0":
        raise Wrong.because("is UTF-16 text; save it as UTF-8")
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    raise Wrong.because("is not UTF-8 text")


def _document(text: str) -> Any:
    import yaml

    if len(text) > FILE.text:
        raise Wrong.because(FILE.too_large)
    if sum(text.count(f"{line_break}%") for line_break in _BREAKS) > _MOST_DIRECTIVES:
        raise Wrong.because("is no YAML: it has more than 100 lines that begin with `%`")
    if control := _CONTROL.search(text):
        line = len(re.findall(r"\r\n?|\n", text[: control.start()])) + 1
        raise Wrong(Problem(f"line {line}", "has a character in it that cannot be printed"))
    try:
        return built(yaml.parse(text, Loader=_parser()))  # only parsed: no loader makes anything of it
    except yaml.MarkedYAMLError as error:
        problem = _of_parser(text, error)
    raise Wrong(problem)


@functools.cache
def _parser() -> Any:
    """libyaml's parser is ten times as fast as Python's, which stands in where it was not built."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@functools.cache
def _takers() -> Mapping[type, Callable[[Tree, Any], None]]:
    import yaml

    return {
        yaml.ScalarEvent: Tree.scalar,
        yaml.MappingStartEvent: Tree.begin_object,
        yaml.MappingEndEvent: Tree.end,
        yaml.SequenceStartEvent: Tree.begin_list,
        yaml.SequenceEndEvent: Tree.end,
        yaml.AliasEvent: Tree.alias,
        yaml.DocumentStartEvent: Tree.begin_document,
    }


def _of_parser(text: str, error: Any) -> Problem:
    """PyYAML's sentence, and what can be done where a sign is to blame."""
    mark, problem = error.problem_mark, _unquoted(str(error.problem))
    if mark is None:
        return Problem("", problem)
    line = next(_LINE.finditer(text, mark.index - mark.column))[0]
    if _TABS.match(line):
        problem = "a tab stands here among the blanks of an indentation; use blanks only"
    elif plain := _plainly(error, line, mark.column):
        problem = plain
    elif not line[mark.column :].strip():
        problem = f"{problem}; something above is not finished: a quote, a bracket, a key without its `:`"
    elif line[mark.column] in _SIGNS and mark.column:
        problem = f"{problem}; put text with `{line[mark.column]}` in it in quotes"
    return Problem(place_of(mark), problem)


def _plainly(error: Any, line: str, column: int) -> str | None:
    """What libyaml and Python's parser mean by sentences about tokens; None for others."""
    said, begins_line = str(error.problem), not line[:column].strip()
    if said.startswith("mapping values are not allowed") and ":" not in line[:column]:
        return "is indented more than the line above it, which has a value already"
    if said.startswith(("did not find expected key", "did not find expected '-'", "expected <block end>")):
        return _MISFIT if begins_line else _MISPLACED
    if said.startswith(("did not find expected ',' or", "expected ',' or")) and line[column:].strip():
        return "a comma or a closing bracket is missing before this"
    if said.startswith("could not find expected ':'") and line[column:].strip() and error.context_mark:
        return f"line {error.context_mark.line + 1} is no `key: value`, and no part of one"
    return None


_MISFIT = "the indentation of this line, or of one above it, does not fit that of its neighbours"
_MISPLACED = "this cannot follow what stands before it on the line; is there a quote or a bracket too many, or too few?"


def _unquoted(problem: str) -> str:
    """PyYAML's sentence without the words of the file in it (an alias, a tag), which may be a part of a secret."""
    return re.sub(r"""\s*('(?!<)[^'\s]{3,}'|"[^"\s]{3,}")""", "", problem)


def lines(path: Path) -> Callable[[str], int | None]:
    """What tells the line on which a value of a YAML file stands, by its path, however its keys are dotted.

    None for what is not there, and for all of a file that has become unreadable, or that nobody wrote by hand.
    """
    import yaml

    root = None
    with suppress(yaml.YAMLError, OSError, ValueError):
        text = path.read_text(encoding="utf-8-sig")
        if len(text) <= _BY_HAND:
            root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return lambda place: _line(root, place)


def _line(node: Any, place: str) -> int | None:
    """The line of the key that a path ends in, or of the item."""
    if type(node).__name__ == "SequenceNode":
        return _line_in_list(node, place)
    for key, value in node.value if type(node).__name__ == "MappingNode" else ():
        if key.value == place:
            return int(key.start_mark.line) + 1
        if place.startswith(f"{key.value}.") and (line := _line(value, place.removeprefix(f"{key.value}."))):
            return line
    return None


def _line_in_list(node: Any, place: str) -> int | None:
    first, _, rest = place.partition(".")
    if not first.isdecimal() or int(first) >= len(node.value):
        return None
    item = node.value[int(first)]
    return _line(item, rest) if rest else int(item.start_mark.line) + 1


_NUMBER = re.compile(r"[-+]?(0o[0-7]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)\Z")
"""What YAML 1.2 takes for a number: some of it is text in YAML 1.1, by whose rules PyYAML leaves out quotes."""

_BREAK = re.compile("[\x85\u2028\u2029]")
"""Line breaks to YAML 1.1, which PyYAML writes and then reads as blanks where they stand in single quotes."""


@functools.cache
def _dumper() -> Any:
    """PyYAML's safe dumper, which puts in quotes also what only YAML 1.2 takes for a number, and writes no aliases."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if _BREAK.search(value) else None)

    Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+.0123456789"))
    Dumper.add_representer(str, text)
    return Dumper
