"""What the service says to a question that costs nothing: whether it takes the credential, and knows the model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from connectory.connection import Connection
from connectory.engine.auth import refusal, without_secrets
from connectory.engine.diagnosis import Chart, Stage
from connectory.engine.outgoing import revealed, with_query
from connectory.errors import CredentialRefused, ServiceError
from connectory.secret import Secret
from connectory.wire.error_bodies import answer_problem
from connectory.wire.safe_text import safe_text

TAKE_CREDENTIAL = "give this connection a credential that the service takes at this URL"

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
            stage.fail(str(error), TAKE_CREDENTIAL)
        if connection.credential.silent:
            stage.seen = "no credential was asked for"
        elif response.is_success or (response.request.method == "POST" and response.status_code in _JUDGED_BODY):
            stage.seen = "the credential was taken"
        else:
            stage.seen = f"not refused: the service answered {response.status_code}"


def model(chart: Chart, connection: Connection, response: httpx2.Response, *, also: Sequence[Secret]) -> None:
    """Whether the service knows the connection's model. Raises Ended."""
    with chart.at("model") as stage:
        error = _error(connection, response, also)
        if response.request.method == "POST":
            _deployment(stage, response, error)
        else:
            _listed(stage, connection, response, error)


def _listed(stage: Stage, connection: Connection, response: httpx2.Response, error: ServiceError | None) -> None:
    if response.status_code in (404, 405):
        stage.warn("the service has no list of models here", "try the connection with a chat, or with --spend")
        return
    if error:
        stage.fail(str(error), mend(error))
    models = _ids(json.loads(without_secrets(connection, response.content)))
    if models is None:
        stage.warn("the service's answer is no list of models", "try the connection with a chat, or with --spend")
        return
    stage.seen = f"{len(models)} model{'' if len(models) == 1 else 's'}"
    if connection.model and connection.model not in models and not connection.address.classic:
        stage.warn(
            f"`{connection.model}` is not among the {stage.seen} that the service lists",
            f"set `model` to one that it lists: {safe_text(', '.join(models[:5]))}"
            if models
            else "ask the service for a model",
        )


def _deployment(stage: Stage, response: httpx2.Response, error: ServiceError | None) -> None:
    """A deployment that is there says that the body is wrong."""
    if response.status_code == 404:
        stage.fail(str(error), "check the deployment in `url`, in `azure.deployments`, or that `model` names")
    if error and response.status_code not in _JUDGED_BODY:
        stage.fail(str(error), mend(error))
    stage.seen = "the deployment answers"


def mend(error: ServiceError) -> str:
    """How to mend an answer that is none."""
    status = error.status or 200
    if status == 429:
        return "the service has enough of this credential for now: wait, or have its limit or quota raised"
    if 300 <= status < 400:
        return "set `url` to the address that it points at, if that is the service"
    if status >= 500:
        return "the service is not in order, or what stands before it: try again later, and look at its log"
    if status >= 400:
        return "see what the service says of the request, and check `url` and `model`"
    return "something else answers at this URL than the service: check `url`, path included"


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
