"""The demo's connections, written down where a program looks for them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from connectory.demo.definition import Definition
from connectory.demo.private_file import write_private


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """All connections, the variables through which a program finds them, and a file that exports these."""

    connections: tuple[Definition, ...]
    environ: Mapping[str, str] = field(repr=False)
    exports: Path


def write_definitions(folder: Path, connections: Sequence[Definition]) -> Definitions:
    """Write everything into `folder`."""
    file, exports = folder / "connectory.yml", folder / "exports"
    environ = {"CONNECTORY_HOME": str(folder), "CONNECTORY_CONFIG": str(file)}
    for definition in connections:
        environ |= definition.environ
    write_private(file, _file(definition.sections for definition in connections))
    write_private(exports, "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environ.items()))
    return Definitions(connections=tuple(connections), environ=environ, exports=exports)


def _file(sections: Iterable[Mapping[str, str]]) -> str:
    """Each heading once, with all that belongs below it."""
    gathered: dict[str, str] = {}
    for heading, text in (item for section in sections for item in section.items()):
        gathered[heading] = gathered.get(heading, "") + text
    return "\n".join(heading + text for heading, text in gathered.items())
