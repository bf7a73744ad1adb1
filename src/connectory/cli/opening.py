"""Opening the catalog where people look at connections: they hear what is to be known of the configuration file."""

from __future__ import annotations

import connectory
from connectory.catalog import Catalog
from connectory.cli.error_output import print_note


def opened(config: str | None, database_url: str | None, *, as_json: bool) -> Catalog:
    """The catalog. Raises DocumentError, CallerError."""
    catalog = connectory.Catalog.open(config=config, database_url=database_url)
    if not as_json:
        for warning in catalog.file.warnings:
            print_note(f"{catalog.file.path}: {warning}")
    return catalog
