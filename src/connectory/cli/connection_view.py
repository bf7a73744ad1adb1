"""How connections look: rows and lines for people, values for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from connectory.catalog import Entry
from connectory.cautions.certificates import certificate_facts
from connectory.cautions.of_connection import Cautions, cautions_of
from connectory.connection import Connection, missing_secrets, secrets_of
from connectory.dialects import own
from connectory.dialects.dotted import flat
from connectory.dialects.model_table import ModelTable
from connectory.errors import Problem, SecretUnavailable

TITLES = ("ID", "PROVIDER", "MODEL")


def as_json(connection: Connection, models: ModelTable) -> dict[str, Any]:
    """The connection's document without its secrets, where it was found, and what there is to know of it.

    `certificates` are those in it by path, `token_source` is where what proves who calls is read.
    """
    certificates = {
        path: {
            "subject": facts.subject,
            "issuer": facts.issuer,
            "expires": facts.not_after.isoformat(),
        }
        for path, facts in certificate_facts(connection)
    }
    about = {
        "certificates": certificates,
        "token_source": connection.credential.reads,
        "warnings": [str(warning) for warning in warnings_of(connection, models)],
    }
    known = {name: value for name, value in about.items() if value}
    return {**own.write(connection, public=True), "source": connection.source, **known}


def lines(connection: Connection) -> Iterator[tuple[str, str]]:
    """Every setting by its path; of a secret only whether it is there, and its fingerprint."""
    secrets = {path: secret.mark() for path, secret in secrets_of(connection)}
    yield "id", connection.id
    yield "source", connection.source
    for path, value in flat(own.write(connection, public=True)):
        if path.rpartition(".")[0] not in secrets:  # else it is the reference of a secret, which stands below
            yield path, str(value)
    if connection.credential.reads:
        yield "token source", connection.credential.reads
    yield from secrets.items()
    for path, facts in certificate_facts(connection):
        yield f"{path} is of", f"{facts.subject}, issued by {facts.issuer}, expires {facts.not_after:%Y-%m-%d}"


def listed_as_json(entry: Entry, models: ModelTable) -> dict[str, Any]:
    connection = entry.connection
    return {
        "id": entry.id,
        "name": connection.name if connection else entry.id,
        "provider": connection.provider.name if connection else None,
        "url": connection.url if connection else None,
        "model": connection.model if connection else None,
        "source": entry.source,
        "missing_secrets": missing_secrets(connection) if connection else [],
        "warnings": [str(note) for note in notes(entry, models)],
        "usable": connection is not None,
    }


def row(entry: Entry) -> Sequence[str]:
    """What stands under TITLES."""
    connection = entry.connection
    if connection is None:
        return entry.id, "-", "-"
    return entry.id, connection.provider.label.partition(" (")[0], connection.model or "-"


def below_row(entry: Entry) -> Sequence[str]:
    """Where the connection leads, and where it was found: each may be longer than a line of a terminal."""
    return entry.connection.url if entry.connection else "cannot be used", entry.source


def notes(entry: Entry, models: ModelTable) -> Iterator[Problem]:
    """What people should know of it."""
    yield from entry.problems
    if entry.connection:
        yield from warnings_of(entry.connection, models)
        for path, error in _unreadable(entry.connection):
            yield Problem(path, _why(error))


def _why(error: SecretUnavailable) -> str:
    """What is wrong with a secret; one that is not kept elsewhere has no place to name."""
    elsewhere = error.reference.startswith(("env:", "file:"))
    return f"{error.reference} cannot be read: {error.reason}" if elsewhere else error.reason


def warnings_of(connection: Connection, models: ModelTable) -> Cautions:
    return cautions_of(connection, datetime.now(UTC), models)


def _unreadable(connection: Connection) -> Iterator[tuple[str, SecretUnavailable]]:
    for path, secret in secrets_of(connection):
        try:
            secret.reveal()
        except SecretUnavailable as error:
            yield path, error
