"""Where things are on this machine: the home, the configuration file, and the store."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectory.errors import CallerError


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The places that the environment, or a caller, names.

    `config_named_by` says who named the configuration file, None for the one in the home, which need not be there.
    `database_url` is None for the store in the home.
    """

    folder: Path
    config: Path
    config_named_by: str | None = None
    database_url: str | None = None

    @classmethod
    def of(
        cls, environ: Mapping[str, str], *, config: str | Path | None = None, database_url: str | None = None
    ) -> Home:
        """Raises CallerError for a name that is empty."""
        if config is not None and not str(config):
            raise CallerError("The configuration file that was asked for has an empty name: name one, or ask for none.")
        folder = _expanded(environ.get("CONNECTORY_HOME") or "~/.connectory")
        places = (
            (config, "the argument config"),
            (environ.get("CONNECTORY_CONFIG"), "CONNECTORY_CONFIG"),
            (folder / "connectory.yml", None),
        )
        path, named_by = next((path, named_by) for path, named_by in places if path)
        return cls(
            folder=folder,
            config=_expanded(path),
            config_named_by=named_by,
            database_url=_database_url(database_url or environ.get("CONNECTORY_DATABASE_URL")),
        )

    @property
    def config_subject(self) -> str:
        """The configuration file, for messages."""
        return f"{self.config}, which {self.config_named_by} names," if self.config_named_by else str(self.config)

    @property
    def has_config(self) -> bool:
        """Whether there must be a configuration file, or is one."""
        return self.config_named_by is not None or os.path.isfile(self.config)

    @property
    def database(self) -> Path:
        """The store's file, where no URL says otherwise."""
        return self.folder / "connectory.db"

    @property
    def has_store(self) -> bool:
        """Whether a store is there, or may be on another machine."""
        if self.database_url is not None and "://" in self.database_url:
            scheme, _, path = self.database_url.partition(":///")
            return not scheme.startswith("sqlite") or os.path.isfile(path)
        return os.path.isfile(self.database_url or self.database)


def _database_url(text: str | None) -> str | None:
    if text and "://" not in text and (not text.strip() or re.search("[@:]", text)):
        raise CallerError(
            "The store that was named is none: give the path of a file, `sqlite:////path/to/file`, or "
            "`postgresql://user@host/database`."
        )
    return text or None


def _expanded(path: str | Path) -> Path:
    """Not pathlib's `expanduser`, nor its `is_file` above: they fail where there is no home, or no leave to look."""
    return Path(os.path.expanduser(path))
