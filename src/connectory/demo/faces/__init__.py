"""The faces that the demo shows, in this order. A new one is a file here and a name in this list."""

from __future__ import annotations

from pathlib import Path

from connectory.demo.face import Face
from connectory.demo.faces.airflow import Airflow
from connectory.demo.faces.python import Python
from connectory.demo.faces.shell import Shell

FACES: tuple[Face, ...] = (Python(), Shell())


def faces_in(folder: Path, *, airflow: bool) -> tuple[Face, ...]:
    """All of them, and Airflow if it is asked for: it has to be installed, and takes a minute."""
    return (*FACES, Airflow(folder)) if airflow else FACES
