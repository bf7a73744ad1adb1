"""Files that tasks read and write: local ones, and those of object stores."""

from __future__ import annotations

import os
from typing import Any


def opened(path: str, mode: str) -> Any:
    """What is opened Airflow notes for lineage; `read_bytes` and its like it does not (3.3)."""
    from airflow.sdk import ObjectStoragePath

    return ObjectStoragePath(path).open(mode)  # type: ignore[no-untyped-call]


def check_writable(path: str) -> None:
    """Make the folder, and see whether a file can be put there, before anything is paid for that is to go into it.

    Raises ValueError. Of an object store it is only known whether Airflow can speak to it.
    """
    from airflow.sdk import ObjectStoragePath

    try:
        place = ObjectStoragePath(path)
        place.parent.mkdir(parents=True, exist_ok=True)
    except (ValueError, ImportError) as error:
        raise ValueError(f"'output_path' {path!r}: {error}. {_INSTALL}") from error
    except OSError as error:
        raise ValueError(f"'output_path' {path!r} cannot be written: {error.strerror or error}") from error
    local = place.path if place.protocol in ("", "file") else None
    if local and not os.access(local if os.path.exists(local) else os.path.dirname(local), os.W_OK):
        raise ValueError(f"'output_path' {path!r} cannot be written: permission denied")


_INSTALL = "Install Airflow's provider for this store (for s3:// `apache-airflow-providers-amazon[s3fs]`)."
