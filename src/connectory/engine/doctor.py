"""The doctor: what stands between here and an answer, stage by stage, spending nothing.

It asks the service for its list of models; a deployment at Azure's classic URLs is called without a body, and judged by
its error. The first stage that fails ends the examination.
"""

from __future__ import annotations

import dataclasses
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

from connectory.cautions.of_connection import cautions_of
from connectory.connection import Connection, secrets_of
from connectory.credential import Token
from connectory.dialects.model_table import ModelTable
from connectory.engine.auth import is_placed, token_of, without_secrets
from connectory.engine.diagnosis import STAGES, Ended, Report, Stage, State
from connectory.engine.exchange import exchange
from connectory.engine.failures import FAILURES, network_error
from connectory.engine.line import Line
from connectory.engine.outgoing import headers_of, revealed, with_query
from connectory.engine.session import open_client
from connectory.engine.tokens import SharedToken
from connectory.engine.trace import Trace
from connectory.errors import (
    CertificateUnusable,
    ClientCertificateRefused,
    ConnectoryError,
    DocumentError,
    NetworkError,
    OperatorError,
    SecretUnavailable,
    ServiceError,
    SubjectTokenUnavailable,
    TokenExchangeFailed,
    TokenExchangeRefused,
    TrustUnavailable,
)
from connectory.network.limits import Use
from connectory.network.resolve import resolve, transport
from connectory.secret import Secret
from connectory.transport import Timeouts
from connectory.urls import origin_of
from connectory.wire.error_bodies import answer_problem, service_error
from connectory.wire.safe_text import safe_text

_PATIENCE = Timeouts.within(15.0)
_TOKEN_PATIENCE = 60.0
"""Seconds for an exchange with what may be tried again."""

_JUDGED_BODY = (400, 415, 422)
"""Statuses of a service that took the credential, looked at an empty body, and says what is wrong with it."""

_MEND_EXCHANGE: Mapping[type[ConnectoryError], str] = {
    OperatorError: "mend the document, or what it names, at this path",
    TokenExchangeRefused: "check the ids of the identity, and that its own token is one that the other side trusts",
    ClientCertificateRefused: "give `tls.certificate` and `tls.private_key` that are taken where tokens are exchanged",
    NetworkError: "see that this machine, or its proxy, gets through to where tokens are exchanged",
    TokenExchangeFailed: "see what answers where tokens are exchanged: no such service, or not in order",
}


def examine(id: str, find: Callable[[], Connection], *, models: ModelTable | None = None) -> Report:
    """Examine the connection that `find` finds; `models` is the operator's table of models, if there is one.

    Raises ConnectionNotFound; all else is in the report.
    """
    examination = _Examination(models)
    with suppress(Ended):
        examination.run(find)
    return Report(connection=id, stages=tuple(examination.stages.values()))


class _Examination:
    def __init__(self, models: ModelTable | None) -> None:
        self._models = models
        self.stages = {name: Stage(name) for name in STAGES}
        self._tokens: list[Secret] = []

    def run(self, find: Callable[[], Connection]) -> None:
        with self._stage("configuration") as stage:
            connection = self._configuration(stage, find)
        with self._stage("secrets") as stage:
            self._secrets(stage, connection)
        with self._stage("name") as stage:
            self._name(stage, connection)
        headers = headers_of(connection)
        if connection.credential.exchanged and is_placed(headers):
            self._answered(connection, {})  # the line alone: a token is worth asking for only if it can be sent
            self._token(connection, headers)
        started = time.monotonic()
        response = self._answered(connection, headers)
        with self._stage("authentication") as stage:
            stage.ms = self._waited(started)
            self._authentication(stage, connection, response)
        with self._stage("model") as stage:
            self._model(stage, connection, response)

    @contextmanager
    def _stage(self, name: str) -> Iterator[Stage]:
        stage, started = self.stages[name], time.monotonic()
        stage.state = State.OK
        try:
            yield stage
        finally:
            stage.ms = stage.ms if stage.ms is not None else round((time.monotonic() - started) * 1000)

    def _configuration(self, stage: Stage, find: Callable[[], Connection]) -> Connection:
        try:
            connection = find()
        except OperatorError as error:
            problems = error.problems if isinstance(error, DocumentError) else [error]
            stage.fail("; ".join(map(str, problems)), "mend the document at these paths")
        stage.rule = connection.source
        stage.seen = f"{connection.provider.label} at {connection.url}"
        if warnings := cautions_of(connection, datetime.now(UTC), self._models).of_document:
            stage.warn("; ".join(map(str, warnings)), "mend the document at these paths")
        return connection

    def _secrets(self, stage: Stage, connection: Connection) -> None:
        credential = connection.credential
        try:
            for path, secret in secrets_of(connection):
                if not path.startswith("foreign."):  # nobody uses these here
                    secret.reveal()
            token = None if credential.exchanged else token_of(connection)
            headers_of(connection)
        except SecretUnavailable as error:
            stage.fail(str(error), _fix_of(error))
        sent = f"{credential.kind}, {token.value.fingerprint()}" if token else "no credential is sent"
        stage.seen = f"{credential.kind}: a token is asked for" if credential.exchanged else sent

    def _name(self, stage: Stage, connection: Connection) -> None:
        if connection.network.proxy_url:
            stage.state, stage.seen = State.SKIPPED, "the proxy finds the address"
            return
        parts = urlsplit(connection.address.base_url)
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port or parts.scheme, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # the latter for what can be no name at all
            reason = getattr(error, "strerror", None) or "no host can have this name"
            stage.fail(
                f"{parts.hostname}: {reason.lower()}",
                "check the host in `url`, and that this machine can resolve it",
            )
        stage.seen = ", ".join(dict.fromkeys(str(address[0]) for *_, address in found))

    def _token(self, connection: Connection, headers: dict[str, str]) -> None:
        """Ask for a token and put it in its place, by the same steps as any client but past the token they share."""
        source = getattr(connection.credential, "source", None)
        subject, exchanged = self.stages["subject_token"], self.stages["token_exchange"]
        started = time.monotonic()
        got: list[Token | None] = []
        failure: ConnectoryError | None = None

        def fetch() -> Token | None:
            got.append(exchange(connection))
            return got[0]

        alone = SharedToken(fetch, refresh_buffer=0, clock=time.monotonic, jitter=0)
        try:
            alone.get(_TOKEN_PATIENCE, origin=origin_of(connection.url))
        except SubjectTokenUnavailable as error:
            (subject if source else exchanged).fail(str(error), f"check {connection.credential.reads}")
        except (OperatorError, NetworkError, TokenExchangeFailed) as error:
            failure = error
        if source:
            subject.state, subject.seen = State.OK, source.reads
        if failure:
            exchanged.fail(str(failure), next(fix for kind, fix in _MEND_EXCHANGE.items() if isinstance(failure, kind)))
        exchanged.state, exchanged.ms = State.OK, round((time.monotonic() - started) * 1000)
        if token := got[0]:
            self._tokens.append(token.value)
            life = "" if token.expires_in is None else f", valid for {token.expires_in:g} s"
            exchanged.seen = f"a token{life}, {token.value.fingerprint()}"
            headers |= [connection.credential_header(token.value.reveal())]

    def _answered(self, connection: Connection, headers: Mapping[str, str]) -> httpx2.Response:
        """The answer to a question that costs nothing; on the way it fills in the stages of the connection itself."""
        method, url = _question(connection)
        trace = Trace()
        line = Line(self.stages, connection, url, trace)
        with self._client(connection) as client:
            request = client.build_request(method, url, headers=headers, extensions={"trace": trace})
            try:
                response = client.send(request)
            except FAILURES as error:
                proxy = resolve(connection, url, Use.RUN).settings.proxy
                line.failed(network_error(error, url, request.extensions["timeout"], proxy))
        if response.status_code == httpx2.codes.PROXY_AUTHENTICATION_REQUIRED:
            line.proxy_refused()
        line.reached()
        return response

    def _client(self, connection: Connection) -> httpx2.Client:
        try:
            settings = transport(connection, connection.address.base_url, Use.RUN)
            return open_client(dataclasses.replace(settings, timeouts=_patience(connection)))
        except TrustUnavailable as error:
            self.stages["tls"].fail(str(error), f"let {error.variable} name CA certificates in PEM form, or unset it")
        except CertificateUnusable as error:
            self.stages["tls"].fail(str(error), f"mend `{error.place}`")

    def _waited(self, started: float) -> int:
        """Milliseconds for the answer, less those that the connection itself took."""
        connecting = sum(self.stages[name].ms or 0 for name in ("tcp", "tls"))
        return max(round((time.monotonic() - started) * 1000) - connecting, 0)

    def _authentication(self, stage: Stage, connection: Connection, response: httpx2.Response) -> None:
        if response.status_code in (401, 403):
            error = self._error(connection, response)
            stage.fail(str(error), "give this connection a credential that the service takes at this URL")
        if connection.credential.silent:
            stage.seen = "no credential was asked for"
        elif response.is_success or (response.request.method == "POST" and response.status_code in _JUDGED_BODY):
            stage.seen = "the credential was taken"
        else:
            stage.seen = f"not refused: the service answered {response.status_code}"

    def _model(self, stage: Stage, connection: Connection, response: httpx2.Response) -> None:
        if response.request.method == "POST":
            self._deployment(stage, connection, response)
            return
        if response.status_code in (404, 405):
            stage.warn("the service has no list of models here", "try the connection with a chat")
            return
        if error := self._error(connection, response):
            stage.fail(str(error), "the service does not list its models as it should: look at the service")
        models = _ids(response.json())
        if models is None:
            stage.warn("the service's answer is no list of models", "try the connection with a chat")
            return
        stage.seen = f"{len(models)} model{'' if len(models) == 1 else 's'}"
        if connection.model and connection.model not in models and not connection.address.classic:
            stage.warn(
                f"`{connection.model}` is not among the {stage.seen} that the service lists",
                f"set `model` to one that it lists: {safe_text(', '.join(models[:5]))}"
                if models
                else "ask the service for a model",
            )

    def _deployment(self, stage: Stage, connection: Connection, response: httpx2.Response) -> None:
        """A deployment that is there says that the body is wrong."""
        error = self._error(connection, response)
        if response.status_code == 404:
            stage.fail(str(error), "check the deployment in `url`, in `azure.deployments`, or that `model` names")
        if error and response.status_code not in _JUDGED_BODY:
            stage.fail(str(error), "the service does not answer as it should: look at the service")
        stage.seen = "the deployment answers"

    def _error(self, connection: Connection, response: httpx2.Response) -> ServiceError | None:
        body = without_secrets(connection, response.content, also=self._tokens)
        if not response.is_success:
            return service_error(response.status_code, response.headers, body)
        return answer_problem(response.status_code, response.headers.get("content-type"), body)


def _patience(connection: Connection) -> Timeouts:
    """The connection's own limits where they are shorter than ours."""
    own = connection.client.timeout or _PATIENCE
    phases = {phase: (getattr(own, phase), getattr(_PATIENCE, phase)) for phase in ("connect", "read", "write", "pool")}
    return Timeouts(
        **{phase: ours if theirs is None else min(theirs, ours) for phase, (theirs, ours) in phases.items()}
    )


def _question(connection: Connection) -> tuple[str, str]:
    """Method and URL of a request that spends nothing. Azure's classic list of models says nothing of deployments."""
    address = connection.address
    deployed = connection.endpoint_url(connection.model) if address.classic else None
    method, url = ("POST", deployed) if deployed else ("GET", address.join("/models"))
    return method, with_query(url, revealed(connection.client.default_query))


def _ids(answer: Any) -> list[str] | None:
    """The models of a list; None where there is none."""
    listed = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(listed, list):
        return None
    return [str(model["id"]) for model in listed if isinstance(model, Mapping) and model.get("id")]


def _fix_of(error: SecretUnavailable) -> str:
    if error.reference.startswith(("env:", "file:")):
        return f"put the secret where {error.reference} says, or change the reference"
    return "give it with `connectory connection update ID --secret-from SOURCE` (env:NAME, file:PATH, or -)"
