"""Faults of the service, as a question that costs nothing finds them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from connectory.engine.diagnosis import State
from tests.integration.doctor.cases import KEY, WORD, Case, Find, Place, World, document, found, served
from tests.upstream import Answer, App, Received, json_answer, running


def always(answer: Answer) -> App:
    async def app(_: Received) -> Answer:
        return answer

    return app


def answering(answer: Answer, *, provider: str = "other", url: str = "/v1", **more: Any) -> World:
    """A service that says this to everything."""

    @contextlib.contextmanager
    def world(_: Place) -> Iterator[Find]:
        with running(always(answer)) as upstream:
            yield found({**document(upstream.url, provider=provider, **more), "url": f"{upstream.url}{url}"})

    return world


def refusing(status: int, message: str = "no", **more: Any) -> World:
    return answering(json_answer({"error": {"message": message}}, status=status), **more)


AUTHENTICATION = [
    Case(
        name="a key that the service does not take",
        world=refusing(401, f"Incorrect API key provided: {KEY}"),
        stage="authentication",
        seen="***",
        fix="give this connection a credential that the service takes",
    ),
    Case(
        name="a key that may not do this",
        world=refusing(403),
        stage="authentication",
        seen="403",
        fix="give this connection a credential that the service takes",
    ),
    Case(
        name="a key that Azure does not take",
        world=refusing(401, provider="azure", url="/openai/deployments/prod?api-version=2024-10-21"),
        stage="authentication",
        seen="401",
        fix="give this connection a credential that the service takes",
    ),
    Case(
        name="a service that wants a credential and is given none",
        world=refusing(401, credential={"kind": "none"}),
        stage="authentication",
        seen="401",
        fix="give this connection a credential that the service takes",
    ),
]

_ELSE = "something else answers at this URL"
_ILL = "the service is not in order"

MODELS = [
    *(
        Case(
            name=f"a service without a list of models, {status}",
            world=refusing(status),
            stage="model",
            state=State.WARNING,
            seen="no list of models",
            fix="^see whether `url` is right, path included, and try the connection with a chat",
        )
        for status in (404, 405)
    ),
    Case(
        name="a URL without a version",
        world=served(path=""),
        stage="model",
        state=State.WARNING,
        seen="/models)",
        fix="^see whether `url` lacks `/v1` at its end, and try",
    ),
    Case(
        name="a model that many others stand for",
        world=answering(json_answer({"data": [{"id": f"m{number}"} for number in range(9)]})),
        stage="model",
        state=State.WARNING,
        seen="9 models",
        fix="lists: m0, m1, m2, m3, m4, and 4 more$",
    ),
    Case(
        name="a model that is not listed",
        world=answering(json_answer({"data": [{"id": "other"}]})),
        stage="model",
        state=State.WARNING,
        seen="`gpt-test` is not among",
        fix="set `model` to one that it lists: other",
    ),
    Case(name="a service that has had enough", world=refusing(429), stage="model", seen="429", fix="limit or quota"),
    *(
        Case(name=f"a service that answers {status}", world=refusing(status), stage="model", seen=str(status), fix=_ILL)
        for status in (500, 502, 503)
    ),
    Case(name="a page in place of models", world=served(fault="html-200"), stage="model", seen="200", fix=_ELSE),
    Case(name="a page of 502", world=served(fault="html-502"), stage="model", seen="502", fix=_ILL),
    Case(name="JSON that stops in the middle", world=served(fault="bad-json-200"), stage="model", fix=_ELSE),
    Case(name="an empty answer", world=served(fault="empty-200"), stage="model", seen="empty", fix=_ELSE),
    Case(name="an answer that is cut", world=served(fault="cut"), stage="model", seen="broke off", fix="log"),
    Case(
        name="an answer that does not come", world=served(fault="stall-3"), stage="model", seen="0.7 s", fix="more time"
    ),
    Case(
        name="a redirect",
        world=answering(Answer(status=302, headers=(("location", "https://portal.example.com/in"),))),
        stage="model",
        seen="redirects are not followed (to https://portal.example.com)",
        fix=r"set `url` to the address that it points at \(https://portal.example.com/in\), if",
    ),
    Case(
        name="a redirect on the same host",
        world=answering(Answer(status=302, headers=(("location", f"/api/v1/models?key={WORD}"),))),
        stage="model",
        seen="(to this host)",
        fix=r"set `url` to the address that it points at \(http://127.0.0.1:\d+/api/v1/models\), if",
    ),
    Case(
        name="a deployment that is not there",
        world=refusing(404, provider="azure", url="/openai/deployments/prod?api-version=2024-10-21"),
        stage="model",
        seen="404",
        fix="check the deployment in `url`",
    ),
]

CASES = [*AUTHENTICATION, *MODELS]
