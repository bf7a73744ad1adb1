"""Every variable in which Airflow looks for a connection, whatever it says, to be judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectory.dialects import airflow, own
from connectory.dialects.airflow_env import PREFIX
from connectory.dialects.airflow_stumbles import stumbles
from connectory.dialects.documents import AIRFLOW, Found, Skipped

_TEAM_ENDS = "___"
"""After the name of a team, in `AIRFLOW_CONN__TEAM___ID` (Airflow 3.3, `secrets/environment_variables.py`)."""


def airflow_variables(environ: Mapping[str, str]) -> Iterator[Found | Skipped]:
    """The id is the rest of the name in lower case. Text that is no connection at all is one that cannot be read."""
    for name in sorted(name for name in environ if name.startswith(PREFIX)):
        yield _found(name, environ[name])


def _found(name: str, text: str) -> Found | Skipped:
    id, place = _id_in(name), f"variable {name}"
    if not text:
        return Skipped(place=place, what="empty, which Airflow takes for nothing")
    if airflow.is_other_type(text) and not airflow.is_no_connection(text):
        return Skipped(place=place, what="a connection of another type")
    if not own.is_id(id):
        return Skipped(place=place, what="a connection whose id connectory cannot have")
    return Found(
        id=id,
        words=AIRFLOW,
        place=place,
        read=lambda space: airflow.read(id, text, space=space, source=place),
        stumbles=lambda: stumbles(text),
    )


def _id_in(name: str) -> str:
    rest = name.removeprefix(PREFIX).lower()
    if rest.startswith("_") and _TEAM_ENDS in rest[1:]:
        return rest[1:].partition(_TEAM_ENDS)[2]
    return rest
