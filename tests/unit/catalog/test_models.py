"""Which table of models counts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connectory.dialects.model_table import shipped_table
from connectory.errors import DocumentError
from tests.unit.catalog.conftest import Opened


def test_shipped_table_counts_where_nobody_names_another(opened: Opened) -> None:
    assert opened().models == shipped_table()


@pytest.mark.parametrize("named", ["models.yml", "{home}/models.yml"])
def test_table_that_the_configuration_names_stands_beside_it_or_anywhere(
    named: str, opened: Opened, home: Path
) -> None:
    catalog = opened(f"connectory.usage.models: {named.format(home=home)}")
    (home / "models.yml").write_text("models: [{id: ours, shutdown: 2027-01-14}]")
    assert catalog.models.shutdowns == {"ours": date(2027, 1, 14)}


def test_table_that_is_none_is_a_wrong_document(opened: Opened, home: Path) -> None:
    catalog = opened("connectory.usage: {models: models.yml}")
    (home / "models.yml").write_text("models: [{id: 1}]")
    with pytest.raises(DocumentError, match=r"models\.yml is wrong: models\.0\.id"):
        _ = catalog.models
