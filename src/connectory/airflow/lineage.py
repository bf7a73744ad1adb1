"""What OpenLineage is told of a task: the service's own id of the work, under which its log and bill have it.

Files of a batch need no word of ours: Airflow notes what `ObjectStoragePath` opens, and OpenLineage hears of it.
"""

from __future__ import annotations

from typing import Any

PROVIDER = "openai"
"""Whose API it is. Azure and compatible services make ids of their own in it."""


def lineage_of(served: str | None) -> Any:
    """An `OperatorLineage`; None where OpenLineage's provider is not installed, or there is nothing to tell."""
    try:
        from airflow.providers.common.compat.openlineage.facet import ExternalQueryRunFacet
        from airflow.providers.openlineage.extractors import OperatorLineage  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    if served is None:
        return None
    return OperatorLineage(run_facets={"externalQuery": ExternalQueryRunFacet(externalQueryId=served, source=PROVIDER)})
