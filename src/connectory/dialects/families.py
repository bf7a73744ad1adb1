"""The families of kinds that documents name by `kind`: of each, one kind stands in a document with its own settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectory.credential import Credential
from connectory.credentials import CREDENTIALS
from connectory.family import Family
from connectory.subject_token import SubjectTokenSource
from connectory.subject_tokens import SOURCES

FAMILIES: Mapping[Any, Family[Any]] = {Credential: CREDENTIALS, SubjectTokenSource: SOURCES}
"""The family of a setting by the setting's type."""


def kind_of(value: object) -> str | None:
    """The name that documents call a value by; None for one that is of no family."""
    return next((type(value).kind for base in FAMILIES if isinstance(value, base)), None)
