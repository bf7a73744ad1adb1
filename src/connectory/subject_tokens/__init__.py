"""Every source of subject tokens: one file each, named as the source is in documents.

A file holds a frozen dataclass derived from `SubjectTokenSource`; putting the file here is all it takes.
"""

from __future__ import annotations

from connectory.family import Family
from connectory.subject_token import SubjectTokenSource

SOURCES: Family[SubjectTokenSource] = Family(__name__, __path__, SubjectTokenSource)
