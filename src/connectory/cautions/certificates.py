"""The certificates that a connection holds, as people want to know them: whose they are, and how long they are good."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from connectory.certificates import Facts, expiry_problem, facts_of
from connectory.connection import Connection, secrets_of
from connectory.dialects.certificate_rules import unusable_parts
from connectory.errors import Problem, SecretUnavailable
from connectory.pem import Unusable
from connectory.secret import Secret
from connectory.tls import TLSSettings

SOON = timedelta(days=30)

_MARKER, _MARKER_IN_BASE64 = "-----BEGIN ", "LS0tLS1CRUdJTi"


def certificate_facts(connection: Connection) -> Iterator[tuple[str, Facts]]:
    """The path of every secret that begins with a certificate and can be read now, and what that one says of itself."""
    for path, secret in secrets_of(connection):
        try:
            text = secret.reveal()
            # Else it is no PEM, and nothing has to be loaded to see that.
            if _MARKER in text or _MARKER_IN_BASE64 in text:
                yield path, facts_of(text)
        except (SecretUnavailable, Unusable):
            continue


def certificate_cautions(connection: Connection, now: datetime) -> Iterator[Problem]:
    """What no reading of a document refuses: certificates that are not good at the moment `now`, or not for long, and
    those in files of their own that cannot be used."""
    facts = dict(certificate_facts(connection))
    expired = {path: problem for path, found in facts.items() if (problem := expiry_problem(found, now))}
    yield from (Problem(path, problem) for path, problem in expired.items())
    yield from (found for found in unusable_parts(_read_now(connection.tls)) if found.path not in expired)
    yield from (_ending(path, found, now) for path, found in facts.items() if _ends_soon(found, now))


def _ends_soon(facts: Facts, now: datetime) -> bool:
    return now <= facts.not_after <= now + SOON


def _ending(path: str, facts: Facts, now: datetime) -> Problem:
    days = (facts.not_after - now).days
    left = "less than a day" if days == 0 else "1 day" if days == 1 else f"{days} days"
    return Problem(path, f"expires on {facts.not_after.astimezone(UTC):%Y-%m-%d}, in {left}: renew it")


def _read_now(tls: TLSSettings) -> TLSSettings:
    """The same with the texts of what is kept elsewhere; what cannot be read is left out."""
    parts: dict[str, Any] = {}
    for name, secret in secrets_of(tls):
        try:
            parts[name] = Secret(secret.reveal())
        except SecretUnavailable:
            parts[name] = None
    return dataclasses.replace(tls, **parts)
