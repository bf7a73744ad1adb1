"""Faults of identities: a pod's own token, and what is answered where it is exchanged."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from tests.integration.doctor.cases import SUBJECT, Case, Find, Identity, Place, World, found, identity
from tests.upstream import Answer, Ending, EntraService, Received, json_answer, raw, running, scripted, tls_server


def with_file(change: Callable[[Identity], object]) -> World:
    """A pod whose own token was changed."""

    @contextlib.contextmanager
    def world(place: Place) -> Iterator[Find]:
        with identity(place) as everything:
            change(everything)
            yield found(everything.document())

    return world


def exchanging(answer: Any) -> World:
    """A place of exchange that always answers this."""

    @contextlib.contextmanager
    def world(place: Place) -> Iterator[Find]:
        with identity(place) as everything:
            everything.exchange.always = answer
            yield found(everything.document())

    return world


def exchanged_at(url: str) -> World:
    @contextlib.contextmanager
    def world(place: Place) -> Iterator[Find]:
        with identity(place) as everything:
            yield found(everything.document(exchange_url=url))

    return world


@contextlib.contextmanager
def _untrusted(place: Place) -> Iterator[Find]:
    with identity(place, tls=tls_server(place.pki.server)) as everything:
        yield found(everything.document())


@contextlib.contextmanager
def _not_allowed(place: Place) -> Iterator[Find]:
    with identity(place) as everything:
        document = everything.document(exchange_url="https://auth.elsewhere.example/oauth/token")
        yield found(document, allowed_hosts=frozenset({"127.0.0.1"}))


@contextlib.contextmanager
def _forbidden(place: Place) -> Iterator[Find]:
    """On a server that may reach the service, and not where the document has its tokens exchanged."""
    with identity(place) as everything:
        document = everything.document(exchange_url="https://127.0.0.2:1/oauth/token")
        yield found(document, server=True, named_hosts=frozenset({"127.0.0.1"}))


@contextlib.contextmanager
def _hung_up(place: Place) -> Iterator[Find]:
    with identity(place) as everything, raw.listening(raw.hanging_up) as port:
        yield found(everything.document(exchange_url=f"http://127.0.0.1:{port}/oauth/token"))


@contextlib.contextmanager
def _cut(place: Place) -> Iterator[Find]:
    begun = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"access_to'
    with identity(place) as everything, raw.listening(raw.answering(begun)) as port:
        yield found(everything.document(exchange_url=f"http://127.0.0.1:{port}/oauth/token"))


@contextlib.contextmanager
def _behind_proxy(place: Place) -> Iterator[Find]:
    """The proxy lets the service through, and not where tokens are exchanged."""
    with identity(place) as everything, raw.listening(_choosing(everything)) as port:
        document = everything.document(exchange_url="https://auth.corp.example/oauth/token")
        yield found({**document, "network": {"proxy": f"http://127.0.0.1:{port}"}})


def _choosing(everything: Identity) -> raw.Script:
    def script(line: raw.Line) -> None:
        asked = raw.heard(line)
        if asked.startswith(b"CONNECT"):
            line.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            line.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    return script


def provider_that_fails() -> str:
    raise ValueError(f"cannot log in with {SUBJECT}")


@contextlib.contextmanager
def _custom(place: Place) -> Iterator[Find]:
    with identity(place) as everything:
        source = {"kind": "custom", "token_provider": f"{__name__}.provider_that_fails"}
        yield found(everything.document(source=source))


@contextlib.contextmanager
def _refused_metadata(place: Place) -> Iterator[Find]:
    async def refusing(_: Received) -> Answer:
        return json_answer({"error": "invalid_request", "error_description": "Identity not found"}, status=400)

    with identity(place) as everything, running(refusing) as metadata:
        yield _with_metadata(everything, metadata.url)


@contextlib.contextmanager
def _no_metadata(place: Place) -> Iterator[Find]:
    with identity(place) as everything:
        yield _with_metadata(everything, "http://127.0.0.1:1")


def _with_metadata(everything: Identity, url: str) -> Find:
    """The metadata service of a cloud, at another address than its own."""
    import dataclasses

    from connectory import Connection
    from connectory.credential import IdentityEndpoints

    find = found(everything.document(source={"kind": "azure"}))

    def found_there() -> Connection:
        return dataclasses.replace(find(), identity_endpoints=IdentityEndpoints(azure_metadata_url=url))

    return found_there


def entra(**credential: str) -> World:
    """A client of Entra, some of whose words are wrong."""

    @contextlib.contextmanager
    def world(_: Place) -> Iterator[Find]:
        async def azure(_: Received) -> Answer:
            return json_answer({"error": {"message": "no token"}}, status=401)

        with running(EntraService(secrets={SUBJECT})) as authority, running(azure) as service:
            right = {"tenant_id": "tenant-test", "client_id": "client-test", "client_secret": SUBJECT}
            yield found(
                {
                    "provider": "azure",
                    "url": f"{service.url}/openai/v1",
                    "model": "gpt-test",
                    "credential": {"kind": "entra", "authority": authority.url, **right, **credential},
                }
            )

    return world


@contextlib.contextmanager
def _resets_once_asked(place: Place) -> Iterator[Find]:
    """A service that hangs up on whoever shows it a token, on a line that is open already."""

    async def app(request: Received) -> Answer:
        return Answer(before=(Ending.RESET,)) if request.header("authorization") else json_answer({}, status=401)

    with identity(place) as everything, running(app) as service:
        yield found({**everything.document(), "url": f"{service.url}/v1"})


SUBJECTS = [
    Case(
        name="a pod without its token",
        world=with_file(lambda everything: everything.file.path.unlink()),
        stage="subject_token",
        seen="token",
        fix="check the file",
    ),
    Case(
        name="an empty token of a pod",
        world=with_file(lambda everything: everything.file.path.write_text("")),
        stage="subject_token",
        seen="empty",
        fix="check the file",
    ),
    Case(
        name="a function that fails",
        world=_custom,
        stage="subject_token",
        seen="provider_that_fails",
        fix="check",
    ),
    Case(name="a metadata service that refuses", world=_refused_metadata, stage="subject_token", fix="check"),
    Case(name="no metadata service", world=_no_metadata, stage="subject_token", fix="check"),
]

_IDS = "check the ids of the identity"
_OTHER = "see what answers where tokens are exchanged"

EXCHANGES = [
    Case(
        name="an identity that is not known",
        world=exchanging(scripted.refused("invalid_grant", "not you")),
        stage="token_exchange",
        seen="not you",
        fix=_IDS,
    ),
    *(
        Case(
            name=f"an exchange that answers {status}",
            world=exchanging(scripted.status(status)),
            stage="token_exchange",
            seen=str(status),
            fix=fix,
        )
        for status, fix in ((401, _IDS), (403, _IDS), (404, _OTHER), (429, _OTHER), (500, _OTHER))
    ),
    Case(name="an exchange that answers a page", world=exchanging(scripted.html()), stage="token_exchange", fix=_OTHER),
    Case(
        name="an answer without a token",
        world=exchanging(scripted.lacking("access_token")),
        stage="token_exchange",
        fix=_OTHER,
    ),
    Case(
        name="an exchange that redirects", world=exchanging(scripted.redirect("/x")), stage="token_exchange", fix=_OTHER
    ),
    Case(
        name="an exchange that is not there",
        world=exchanged_at("http://127.0.0.1:1/oauth/token"),
        stage="token_exchange",
        seen="connection refused",
        fix="where tokens are exchanged: nobody listens at 127.0.0.1:1",
    ),
    Case(
        name="an exchange whose host has no address",
        world=exchanged_at("https://auth.invalid/oauth/token"),
        stage="token_exchange",
        seen="auth.invalid",
        fix="where tokens are exchanged: check the host in `credential.exchange_url`",
    ),
    Case(
        name="an exchange whose host is not allowed",
        world=_not_allowed,
        stage="token_exchange",
        seen="auth.elsewhere.example is not allowed",
        fix="where tokens are exchanged: add `auth.elsewhere.example` to `xpack.actions.allowedHosts`",
    ),
    Case(
        name="an exchange at an address that a server may not reach",
        world=_forbidden,
        stage="token_exchange",
        seen="may not reach it",
        fix="where tokens are exchanged: if it is meant to be reached",
    ),
    Case(
        name="an exchange that hangs up",
        world=_hung_up,
        stage="token_exchange",
        seen="broke off",
        fix="where tokens are exchanged: look at the log",
    ),
    Case(name="an exchange whose answer is cut", world=_cut, stage="token_exchange", fix="where tokens are exchanged"),
    Case(
        name="an exchange that is not trusted",
        world=_untrusted,
        stage="token_exchange",
        seen="unable to get local issuer certificate",
        fix="where tokens are exchanged: the issuer `Test Root` is not trusted; .* add it as `connectory.network.ca`",
    ),
    Case(
        name="an exchange that the proxy does not let through",
        world=_behind_proxy,
        stage="token_exchange",
        seen="403",
        fix="where tokens are exchanged: let the proxy allow CONNECT to auth.corp.example:443",
    ),
    Case(
        name="a client secret that Entra does not take",
        world=entra(client_secret="wrong-word-0123456789"),
        stage="token_exchange",
        seen="AADSTS7000215",
        fix=_IDS,
    ),
    Case(
        name="a tenant that Entra does not know",
        world=entra(tenant_id="another"),
        stage="token_exchange",
        seen="AADSTS",
        fix=_IDS,
    ),
]

LATER = [
    Case(
        name="a service that resets once it is shown a token",
        world=_resets_once_asked,
        stage="model",
        seen="reset",
        fix="look at the log",
    )
]

CASES = [*SUBJECTS, *EXCHANGES, *LATER]
