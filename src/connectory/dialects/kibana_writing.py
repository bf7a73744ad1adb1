"""Writing connections in Elastic's words without a loss: what has no place in a connector, and what to do about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectory.connection import Connection, secret_places
from connectory.dialects import kibana_reading, own
from connectory.dialects.kibana_entry import entry_of
from connectory.dialects.kibana_words import EXPOSED, MODE, Envelope
from connectory.dialects.loss import require_same
from connectory.dialects.secret_values import is_missing
from connectory.dialects.words import key_of
from connectory.errors import DialectError, Problem
from connectory.pem import Unusable, pem_of
from connectory.provider import OTHER
from connectory.secret import Secret, SecretSource
from connectory.tls import TLSSettings

_WORDS = "Elastic's words"
_NO_PLACE = "has no place in a connector"
_REASONS = {
    "description": f"{_NO_PLACE}: leave it out, or say it in `name`",
    "labels": f"{_NO_PLACE}: leave them out",
    "url": "is chosen by `client.data_residency`, and a connector names its URL: give it here in place of the region",
    "client.data_residency": f"{_NO_PLACE}: give `url` in its place",
    "endpoint": "cannot differ from `url` there, to which Elastic posts as it stands (but to `/chat/completions` below "
    "one without a path or with a version at its end): put where to post into `url`, and leave this out",
    "model": "is left out: give the connection a model, for Elastic writes one into a connector without",
    "credential.organization": "goes with the provider `openai` only there: say it in `client.organization`",
    "credential.project": "goes with the provider `openai` only there: say it in `client.project`",
    "tls": f"{_NO_PLACE}: leave it out",
    "tls.verification": "stands beside a client certificate there, and only there: give `full`, `certificate` or "
    "`none` with one, and leave it out without (Kibana has `xpack.actions.customHostSettings` for that)",
    "tls.ca": "stands beside a client certificate there: leave it out (without one Kibana takes CAs in "
    "`xpack.actions.customHostSettings`)",
    "tls.ca_mode": f"{_NO_PLACE}: a CA replaces the system's there, so put all that you trust into `tls.ca`",
    "network": f"{_NO_PLACE}: leave it out (Kibana has one proxy for all in `xpack.actions.proxyUrl`)",
    "azure.api_version": f"{_NO_PLACE}: put it into the URL, as `?api-version=...`",
    "azure.deployments": f"{_NO_PLACE}: put the deployment into the URL",
    "foreign.airflow": f"{_NO_PLACE}: it is Airflow's; leave it out",
    "foreign.kibana": "is nothing that this connector can say: leave it out",
    f"foreign.kibana.{EXPOSED}": "goes with `xpack.actions.preconfigured` only: leave it out",
    f"foreign.kibana.{MODE}": "goes with the provider `other` only, and is said by `tls.verification` where there is a "
    "client certificate: leave it out",
}
"""Why a part of a connection cannot be said, and what to do."""

_UNAVAILABLE = {
    SecretSource.MISSING: "is missing: give it first",
    SecretSource.SEALED: "is sealed with a master key that is not here: bring that, or give the secret again",
}
_STAND_IN = "-"
"""A model for a connection without one, so that everything else that is lost is found too."""


def write(connection: Connection, envelope: Envelope, *, public: bool) -> dict[str, Any]:
    """The connector that reads as this connection; with `public` it has no `secrets`. Raises DialectError."""
    entry = entry_of(connection, envelope)
    problems = [*_unavailable(connection), *_lost(connection, entry, envelope)]
    if public:
        del entry["secrets"]
        problems = [problem for problem in problems if not _speaks_of_secrets(problem, connection)]
    if problems:
        subject = f"{own.subject(connection.id, connection.source)} in {_WORDS}"
        raise DialectError(subject, list(dict.fromkeys(problems)))
    return entry


def _paths(connection: Connection) -> dict[str, Secret]:
    """Every secret by its path."""
    return {".".join(map(key_of, place)): secret for place, secret in secret_places(connection)}


def _speaks_of_secrets(problem: Problem, connection: Connection) -> bool:
    """Whether it is of no account where none are written. What is missing may be a certificate, which has a mode."""
    is_mode = problem.path in ("tls.verification", f"foreign.kibana.{MODE}")
    key = getattr(connection.credential, "api_key", None)
    return problem.path in _paths(connection) or (is_mode and is_missing(key))


def _unavailable(connection: Connection) -> Iterator[Problem]:
    for path, secret in _paths(connection).items():
        if secret.source in _UNAVAILABLE:
            yield Problem(path, _UNAVAILABLE[secret.source])


def _lost(connection: Connection, entry: Mapping[str, Any], envelope: Envelope) -> Iterator[Problem]:
    found: Sequence[Problem] = ()
    try:
        require_same(connection, lambda: _again(connection, entry, envelope), words=_WORDS, reasons=_REASONS)
    except DialectError as error:
        found = error.problems
    secrets = _paths(connection)
    for problem in found:
        within = (path for path in secrets if f"{problem.path}.".startswith(f"{path}."))
        yield Problem(next(within, problem.path), problem.message)


def _again(connection: Connection, entry: Mapping[str, Any], envelope: Envelope) -> Connection:
    """What the connector reads as, with all that comes from elsewhere as it was."""
    if connection.provider is OTHER:
        entry = {**entry, "config": {"defaultModel": _STAND_IN, **entry["config"]}}
    again = kibana_reading.read(
        connection.id, entry, envelope, default_model=_STAND_IN, space=connection.space, source=connection.source
    )
    return dataclasses.replace(
        again, identity_endpoints=connection.identity_endpoints, tls=_same_certificates(again.tls, connection.tls)
    )


def _same_certificates(again: TLSSettings, first: TLSSettings) -> TLSSettings:
    """Certificates are the same in whatever form they stand."""
    names = ("certificate", "private_key", "ca")
    same = {name: getattr(first, name) for name in names if _same_pem(getattr(again, name), getattr(first, name))}
    return dataclasses.replace(again, **same)


def _same_pem(one: Secret | None, other: Secret | None) -> bool:
    if not (one and other and one.at_hand and other.at_hand):
        return False
    try:
        return pem_of(one.reveal()) == pem_of(other.reveal())
    except Unusable:
        return False
