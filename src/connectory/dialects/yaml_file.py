"""Reading a YAML file that people write by hand."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from connectory.errors import DocumentError, Problem

_CORE = (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[1-9][0-9]*)([eE][-+]?[0-9]+)?", "-+0123456789."),
    ("merge", r"<<", "<"),
)
"""What a plain word may mean besides text: YAML 1.2, which Kibana reads, where dates, `on` and `no` are text."""


def load(path: Path, *, subject: str | None = None) -> Any:
    """What a YAML file holds; `{}` for an empty one. Messages call it `subject`, or by its path.

    Raises DocumentError, with the line, for one that is no YAML.
    """
    import yaml

    where = ""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_loader())  # noqa: S506 (derived from SafeLoader)
    except yaml.MarkedYAMLError as error:
        message = _unquoted(str(error.problem))
        if mark := error.problem_mark:
            where = f"line {mark.line + 1}, column {mark.column + 1}"
    except yaml.reader.ReaderError:
        message = "has a control character in it"
    except UnicodeDecodeError:
        message = "is not UTF-8 text"
    except OSError as error:
        message = f"cannot be read: {(error.strerror or 'no reason given').lower()}"
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError):
        # PyYAML fails in many ways: tags on the wrong things, numbers of thousands of digits, thousands of brackets.
        message = "is no YAML that can be read"
    else:
        return {} if document is None else document
    raise DocumentError(subject or str(path), [Problem(where, message)])


def _unquoted(problem: str) -> str:
    """PyYAML's sentence without the words of the file in it (an alias, a tag), which may be a part of a secret."""
    return re.sub(r"""\s*('(?!<)[^'\s]{3,}'|"[^"\s]{3,}")""", "", problem)


@functools.cache
def _loader() -> Any:
    """PyYAML's safe loader, made to read YAML 1.2 and to refuse two things: a key that stands twice, where it lets the
    last win, and an alias inside what it stands for, which has no end."""
    import yaml

    class Loader(yaml.SafeLoader):
        def __init__(self, stream: Any) -> None:
            super().__init__(stream)
            self.around: list[str | None] = []

        def compose_node(self, parent: Any, index: Any) -> Any:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            anchor, mark = event.anchor, event.start_mark
            if anchor in self.around and isinstance(event, yaml.AliasEvent):
                raise yaml.MarkedYAMLError(problem="an alias stands inside what it stands for", problem_mark=mark)
            self.around.append(anchor)
            node = super().compose_node(parent, index)
            self.around.pop()
            return node

        def compose_mapping_node(self, anchor: Any) -> Any:
            node = super().compose_mapping_node(anchor)
            seen: set[str] = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value in seen:
                    raise yaml.MarkedYAMLError(problem="the same key stands here twice", problem_mark=key.start_mark)
                seen.add(str(key.value))
            return node

    Loader.yaml_implicit_resolvers = {}
    for tag, shape, letters in _CORE:
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"({shape})\Z"), [*letters, ""])
    return Loader
