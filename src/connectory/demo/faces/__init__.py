"""The faces that the demo shows, in this order. A new one is a file here and a name in this list."""

from __future__ import annotations

from connectory.demo.face import Face
from connectory.demo.faces.python import Python
from connectory.demo.faces.shell import Shell

FACES: tuple[Face, ...] = (Python(), Shell())
