"""The certificates that a connection holds, as people want to know them: whose they are, and how long they are good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connectory.certificates import Facts, expiry_problem, facts_of
from connectory.connection import Connection, secrets_of
from connectory.engine.tls import context_of
from connectory.errors import CertificateUnusable, Problem, SecretUnavailable, TrustUnavailable
from connectory.pem import Unusable

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


def certificate_warnings(connection: Connection, now: datetime) -> Iterator[Problem]:
    """What no reading of a document refuses: certificates that are not good at the moment `now`, and those in files of
    their own that cannot be used."""
    expired = {path for path, facts in certificate_facts(connection) if expiry_problem(facts, now)}
    for path, facts in certificate_facts(connection):
        if problem := expiry_problem(facts, now):
            yield Problem(path, problem)
    try:
        if list(secrets_of(connection.tls)):
            context_of(connection.tls, now=now.timestamp())
    except CertificateUnusable as error:
        if error.place not in expired:
            yield Problem(error.place, error.reason)
    except (SecretUnavailable, TrustUnavailable):
        pass  # there are words for these elsewhere
