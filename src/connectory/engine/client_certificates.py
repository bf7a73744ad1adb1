"""The certificates that a connection holds, as people want to know them: whose they are, and how long they are good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connectory.certificates import Facts, Unusable, expiry_problem, facts_of
from connectory.connection import Connection, secrets_of
from connectory.errors import Problem, SecretUnavailable

_MARKER, _MARKER_IN_BASE64 = "-----BEGIN ", "LS0tLS1CRUdJTi"


def certificate_facts(connection: Connection) -> Iterator[tuple[str, Facts]]:
    """The path of every secret that begins with a certificate and can be read now, and what that one says of itself."""
    for path, secret in secrets_of(connection):
        try:
            text = secret.reveal()
            if (
                _MARKER in text or _MARKER_IN_BASE64 in text
            ):  # else it is no PEM, and nothing has to be loaded to see it
                yield path, facts_of(text)
        except (SecretUnavailable, Unusable):
            continue


def expiry_warnings(connection: Connection, now: datetime) -> Iterator[Problem]:
    """Certificates that are not good at the moment `now`, which no reading of a document refuses."""
    for path, facts in certificate_facts(connection):
        if problem := expiry_problem(facts, now):
            yield Problem(path, problem)
