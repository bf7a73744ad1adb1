"""What the service says to a question that costs nothing: whether it takes the credential, and knows the model."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import httpx2

from connectory.connection import Connection, secrets_of
from connectory.dialects.own import in_words
from connectory.engine.auth import refusal, without_secrets
from connectory.engine.diagnosis import Chart, Stage
from connectory.engine.outgoing import revealed, with_query
from connectory.errors import CredentialRefused, Problem, ServiceError
from connectory.secret import Secret
from connectory.urls import shown
from connectory.wire.error_bodies import answer_problem
from connectory.wire.safe_text import safe_text

_TAKE_CREDENTIAL = "give this connection a credential that the service takes at this URL"

_JUDGED_BODY = (400, 415, 422)
"""Statuses of a service that took the credential, looked at an empty body, and says what is wrong with it."""


def question(connection: Connection) -> tuple[str, str]:
    """Method and URL of a request that spends nothing. Azure's classic list of models says nothing of deployments."""
    address = connection.address
    deployed = connection.endpoint_url(connection.model) if address.classic else None
    method, url = ("POST", deployed) if deployed else ("GET", address.join("/models"))
    return method, with_query(url, revealed(connection.client.default_query))


def authentication(
    chart: Chart, connection: Connection, response: httpx2.Response, *, ms: int | None, also: Sequence[Secret]
) -> None:
    """Whether the credential was taken. Raises Ended."""
    with chart.at("authentication") as stage:
        stage.ms = ms
        error = _error(connection, response, also)
        if isinstance(error, CredentialRefused):
            refuse(stage, connection, error)
        if connection.credential.silent:
            stage.seen = "no credential was asked for"
        elif response.is_success or (response.request.method == "POST" and response.status_code in _JUDGED_BODY):
            stage.seen = "the credential was taken"
        else:
            stage.seen = f"not refused: the service answered {response.status_code}"


def refuse(stage: Stage, connection: Connection, error: CredentialRefused) -> NoReturn:
    """The credential is not taken: what was sent, and where it came from. Raises Ended."""
    stage.rule = _source(connection)
    stage.fail(str(error), _TAKE_CREDENTIAL)


def _source(connection: Connection) -> str:
    """Where what proves who calls was said, in its author's words: the reference, where it is kept elsewhere."""
    secrets, header = dict(secrets_of(connection)), connection.credential_header("")[0].lower()
    wins = [path for path in secrets if path.lower() == f"client.default_headers.{header}"]
    paths = wins or [path for path in secrets if path.startswith("credential.")] or ["credential.kind"]
    told = []
    for path in paths:
        place = in_words(Problem(path, ""), connection.said_at).path
        reference = secrets[path].reference if path in secrets else None
        told.append(f"{place}, {reference}" if reference else place)
    return f"{connection.source}: {'; '.join(told)}"


def model(chart: Chart, connection: Connection, response: httpx2.Response, *, also: Sequence[Secret]) -> None:
    """Whether the service knows the connection's model. Raises Ended."""
    with chart.at("model") as stage:
        error = _error(connection, response, also)
        target = _target(connection, response, also)
        if response.request.method == "POST":
            _deployment(stage, response, error, target)
        else:
            _listed(stage, connection, response, error, target)


def _listed(
    stage: Stage, connection: Connection, response: httpx2.Response, error: ServiceError | None, target: str | None
) -> None:
    if response.status_code in (404, 405):
        there = f"{response.status_code} at {shown(connection.address.base_url)}/models"
        stage.warn(f"the service has no list of models here ({there})", _without_list(connection, response.status_code))
        return
    if error:
        stage.fail(str(error), mend(error, target))
    models = _ids(json.loads(without_secrets(connection, response.content)))
    if models is None:
        stage.warn("the service's answer is no list of models", _TRY)
        return
    stage.seen = f"{len(models)} model{'' if len(models) == 1 else 's'}"
    if connection.model and connection.model not in models and not connection.address.classic:
        stage.warn(
            f"`{connection.model}` is not among the {stage.seen} that the service lists",
            f"set `model` to one that it lists: {_some(models)}" if models else "ask the service for a model",
        )


_SHOWN = 5
_TRY = "try the connection with a chat, or with --spend"


def _some(models: list[str]) -> str:
    more = len(models) - _SHOWN
    return safe_text(", ".join(models[:_SHOWN])) + (f", and {more} more" if more > 0 else "")


def _without_list(connection: Connection, status: int) -> str:
    """Most services have a list below a version, so it is the version that may be missing."""
    if status == httpx2.codes.NOT_FOUND and not _VERSION.search(urlsplit(connection.address.base_url).path):
        return f"see whether `url` lacks `/v1` at its end, and {_TRY}"
    return f"see whether `url` is right, path included, and {_TRY}"


_VERSION = re.compile(r"/v\d+\w*/*$")


def _deployment(stage: Stage, response: httpx2.Response, error: ServiceError | None, target: str | None) -> None:
    """A deployment that is there says that the body is wrong."""
    if response.status_code == 404:
        stage.fail(str(error), "check the deployment in `url`, in `azure.deployments`, or that `model` names")
    if error and response.status_code not in _JUDGED_BODY:
        stage.fail(str(error), mend(error, target))
    stage.seen = "the deployment answers"


def mend(error: ServiceError, target: str | None = None) -> str:
    """How to mend an answer that is none; `target` is where a redirect leads, where that is known."""
    status = error.status or 200
    if status == 429:
        return "the service has enough of this credential for now: wait, or have its limit or quota raised"
    if 300 <= status < 400:
        return f"set `url` to the address that it points at{f' ({target})' if target else ''}, if that is the service"
    if status >= 500:
        return "the service is not in order, or what stands before it: try again later, and look at its log"
    if status >= 400:
        return "see what the service says of the request, and check `url` and `model`"
    return "something else answers at this URL than the service: check `url`, path included"


def _target(connection: Connection, response: httpx2.Response, also: Sequence[Secret]) -> str | None:
    """Where a redirect leads, less what a query may hold."""
    location = response.headers.get("location") if response.is_redirect else None
    if not location:
        return None
    try:
        there = urlsplit(urljoin(str(response.request.url), location))
    except ValueError:
        return None
    text = f"{there.scheme}://{there.netloc.rpartition('@')[2]}{there.path}"
    return safe_text(without_secrets(connection, text.encode(errors="replace"), also=also).decode(errors="replace"))


def _error(connection: Connection, response: httpx2.Response, also: Sequence[Secret]) -> ServiceError | None:
    if not response.is_success:
        return refusal(connection, response.status_code, response.headers, response.content, also=also)
    body = without_secrets(connection, response.content, also=also)
    return answer_problem(response.status_code, response.headers.get("content-type"), body)


def _ids(answer: Any) -> list[str] | None:
    """The models of a list; None where there is none."""
    listed = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(listed, list):
        return None
    return [str(model["id"]) for model in listed if isinstance(model, Mapping) and model.get("id")]
