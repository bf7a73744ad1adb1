"""What can be known before anybody is dialled: the document, its secrets, the addresses of its host."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectory.cautions.of_connection import cautions_of
from connectory.connection import Connection, secrets_of
from connectory.dialects.model_table import ModelTable
from connectory.engine.auth import token_of
from connectory.engine.diagnosis import Chart, Stage
from connectory.engine.outgoing import headers_of
from connectory.engine.sendable import sendable
from connectory.engine.stages.remedies import of_name, remedy
from connectory.engine.stages.rules import Rules
from connectory.engine.stages.sight import Sight
from connectory.errors import (
    AddressRefused,
    CallerError,
    DocumentError,
    HostNotAllowed,
    OperatorError,
    Problem,
    ProxyUnusable,
    SecretUnavailable,
)
from connectory.network.addresses import is_named, literal, refusal
from connectory.network.resolve import Resolution
from connectory.secret import Secret
from connectory.transport import Proxy
from connectory.urls import origin_of


def configuration(
    chart: Chart,
    find: Callable[[], Connection],
    rules_for: Callable[[Connection], Rules],
    *,
    models: ModelTable | None,
    warnings: Sequence[Problem],
    without_proxy: bool,
) -> Connection:
    """The connection, and whether it may be used here at all. Raises Ended, ConnectionNotFound."""
    with chart.at("configuration") as stage:
        try:
            connection = find()
        except OperatorError as error:
            problems = error.problems if isinstance(error, DocumentError) else [error]
            stage.fail("; ".join(map(str, problems)), _mend(problems))
        if without_proxy:
            policy = dataclasses.replace(connection.network_policy, without_proxy=True)
            connection = dataclasses.replace(connection, network_policy=policy)
        sight = sight_of(connection)
        applied = rules_for(connection).of(sight.found, "allowed")
        stage.rule = "; ".join(filter(None, (connection.source, applied)))
        stage.seen = f"{connection.provider.label} at {connection.url}"
        if isinstance(sight.found.refusal, HostNotAllowed):
            stage.fail(str(sight.found.refusal), remedy(sight.found.refusal, sight))
        if told := (*warnings, *cautions_of(connection, datetime.now(UTC), models).of_document):
            stage.warn("; ".join(map(str, told)), _mend(told))
    return connection


def _mend(problems: Sequence[Problem | OperatorError]) -> str:
    """Where to mend a document: the path, if it is one."""
    paths = dict.fromkeys(problem.path for problem in problems if isinstance(problem, Problem) and problem.path)
    if not paths:
        return "mend the document"
    return f"mend the document at {'these paths' if len(paths) > 1 else f'`{next(iter(paths))}`'}"


def sight_of(connection: Connection) -> Sight:
    """What the rules say of the way to the connection's own URL."""
    return Sight.of(connection, connection.address.base_url)


def secrets(chart: Chart, connection: Connection, rules: Rules) -> None:
    """Whether every secret can be read that is used here, and every file of the operator's. Raises Ended."""
    credential = connection.credential
    with chart.at("secrets") as stage:
        try:
            for secret in _own(connection):
                secret.reveal()
            _read_the_operators(stage, connection, rules)
            token = None if credential.exchanged else token_of(connection)
            headers_of(connection)
            for name, value in _headers_of_proxy(connection):
                sendable(name, value)
        except SecretUnavailable as error:
            stage.fail(str(error), fix_of_secret(error))
        except CallerError as error:  # a header that is none
            stage.fail(str(error), "give a value that can stand in a header")
        stage.rule = "; ".join(dict.fromkeys(secret.reference for secret in _own(connection) if secret.reference))
        sent = f"{credential.kind}, {token.value.fingerprint()}" if token else "no credential is sent"
        stage.seen = f"{credential.kind}: a token is asked for" if credential.exchanged else sent


def _read_the_operators(stage: Stage, connection: Connection, rules: Rules) -> None:
    """CAs, and what a proxy is told, by the settings that name them. Raises Ended, with all that cannot be read."""
    found, missing = sight_of(connection).found, {}
    for rule, place, secret in _of_way(found):
        try:
            secret.reveal()
        except SecretUnavailable as error:
            missing[place] = (rule, f"`{place}`: {error.reference} cannot be read: {error.reason}")
    if missing:
        stage.rule = rules.of(found, *dict.fromkeys(rule for rule, _ in missing.values()))
        told = "; ".join(why for _, why in missing.values())
        stage.fail(told, f"put it where it is looked for, or change {', '.join(f'`{place}`' for place in missing)}")


def _headers_of_proxy(connection: Connection) -> Iterator[tuple[str, str | Secret]]:
    proxy = sight_of(connection).found.settings.proxy
    yield from proxy.headers.items() if proxy else ()


def _own(connection: Connection) -> Iterator[Secret]:
    """The connection's secrets, as far as they are used."""
    yield from (secret for path, secret in secrets_of(connection) if not path.startswith("foreign."))


def _of_way(found: Resolution) -> Iterator[tuple[str, str, Secret]]:
    """What is read for the way: the rule that it is part of, the setting in which it stands, and itself."""
    settings = found.settings
    yield from (("ca", ca.place, ca.text) for ca in settings.trust.cas)
    if proxy := settings.proxy:
        yield from (("proxy.ca", ca.place, ca.text) for ca in proxy.trust.cas)
        yield from _of_login(found, proxy)
        for name, word in proxy.headers.items():
            if isinstance(word, Secret):
                yield "proxy.headers", f"xpack.actions.proxyHeaders.{name}", word


def _of_login(found: Resolution, proxy: Proxy) -> Iterator[tuple[str, str, Secret]]:
    """User name and password: each in a setting of its own, or both in what names the proxy."""
    by = found.reasons["proxy.login"].name if "proxy.login" in found.reasons else ""
    head, _, tail = by.rpartition("_")
    for name, word in (("username", proxy.username), ("password", proxy.password)):
        if word:
            yield "proxy.login", f"{head}_{name}" if tail in ("username", "password") else by, word


def fix_of_secret(error: SecretUnavailable) -> str:
    """How to bring a secret where it is looked for."""
    if error.reference.startswith(("env:", "file:")):
        return f"put the secret where {error.reference} says, or change the reference"
    return "give it with `connectory connection update ID --secret-from SOURCE` (env:NAME, file:PATH, or -)"


def addresses(chart: Chart, connection: Connection, rules: Rules) -> None:
    """Who the host is, and whether all of its addresses may be dialled. Raises Ended."""
    sight = sight_of(connection)
    refused = sight.found.refusal if isinstance(sight.found.refusal, AddressRefused) else None
    settings, problem = sight.found.settings, sight.found.refusal
    # A proxy that is of no use is still to be taken: see `proxy`.
    blind = (settings.proxy is not None or isinstance(problem, ProxyUnusable)) and not settings.resolves_here
    host = urlsplit(sight.url).hostname or ""
    with chart.at("name") as stage:
        stage.rule = rules.of(sight.found, "resolves_here")
        if literal(host):
            found = [str(literal(host))]
            stage.seen = host
        elif refused or blind:
            found = []
            stage.skipped("nobody looks it up: see `address`" if refused else "the proxy looks it up")
        else:
            found = _looked_up(stage, sight, host)
    with chart.at("address") as stage:
        stage.rule = rules.of(sight.found, "addresses")
        if refused:
            stage.fail(str(refused), remedy(refused, sight))
        if blind and not found:
            stage.skipped("the proxy dials it")
            return
        _judge(stage, sight, host, found)


def _looked_up(stage: Stage, sight: Sight, host: str) -> list[str]:
    parts = urlsplit(sight.url)
    try:
        found = socket.getaddrinfo(host, parts.port or parts.scheme, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # the latter for what can be no name at all
        reason = getattr(error, "strerror", None) or "no host can have this name"
        stage.fail(f"{host}: {reason.lower()}", of_name(sight))
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    stage.seen = ", ".join(addresses)
    return addresses


def _judge(stage: Stage, sight: Sight, host: str, found: list[str]) -> None:
    reach = sight.found.settings.reach
    if problem := refusal(found, host=host, reach=reach):
        address, reason = problem
        error = AddressRefused(origin_of(sight.url), reason, address=address)
        stage.fail(str(error), remedy(error, sight))
    stage.seen = "named by the operator" if reach.server and is_named(host, reach) else "may be dialled"
