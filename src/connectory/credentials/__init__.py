"""Every kind of credential: one file each, named as the kind is in documents.

A file holds a frozen dataclass derived from `Credential`; putting the file here is all it takes.
"""

from __future__ import annotations

from connectory.credential import Credential
from connectory.family import Family

DEFAULT_KIND = "api_key"

CREDENTIALS: Family[Credential] = Family(__name__, __path__, Credential, default=DEFAULT_KIND)
