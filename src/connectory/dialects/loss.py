"""Writing in foreign words without a silent loss: what is written is read again, and must say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectory.connection import Connection
from connectory.dialects import own
from connectory.dialects.words import below, key_of
from connectory.errors import DialectError, DocumentError, Problem


def require_same(
    connection: Connection, read: Callable[[], Connection], *, words: str, reasons: Mapping[str, str] | None = None
) -> None:
    """Raises DialectError, with the path of every part that is lost or changed when `read` reads what was written.

    `words` names the dialect ("Airflow's words"). `reasons` say of a path, or of all below it, why that is, and what
    to do.
    """
    try:
        again = read()
    except DocumentError as error:
        problems = error.problems
    else:
        if again == connection:
            return
        problems = tuple(
            Problem(path, _reason(path, reasons or {}) or f"cannot be said in {words}")
            for path in _different(own.write(connection), own.write(again))
        )
    raise DialectError(f"{own.subject(connection.id, connection.source)} in {words}", problems)


def _different(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """The innermost paths at which two documents are not the same."""
    parts = [{} if part is None else part for part in (one, other)]
    if one != other and all(isinstance(part, Mapping) for part in parts):
        for key in dict.fromkeys([*parts[0], *parts[1]]):
            yield from _different(parts[0].get(key), parts[1].get(key), below(path, key_of(key)))
    elif one != other:
        yield path


def _reason(path: str, reasons: Mapping[str, str]) -> str | None:
    fitting = [known for known in reasons if f"{path}.".startswith(f"{known}.")]
    return reasons[max(fitting, key=len)] if fitting else None
