"""Drives the conversation of a credential or a source by hand: no HTTP, no clock."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Awaitable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from connectory.credential import FlowContext, IdentityEndpoints, Step, TokenRequest, TokenResponse
from connectory.subject_token import SubjectFlow, SubjectToken, SubjectTokenSource

T = TypeVar("T")

NOW = 1_800_000_000.5


@dataclass
class Driven:
    """Answers requests one after the other, and keeps them. An answer that is an exception is thrown into the flow."""

    answers: list[TokenResponse | Exception]
    requests: list[TokenRequest] = field(default_factory=list)

    def run(self, flow: Generator[Step, Any, T]) -> T:
        step = None
        try:
            step = next(flow)
            while True:
                step = self._next(flow, step)
        except StopIteration as ended:
            assert self.answers == []
            result: T = ended.value
            return result

    def _next(self, flow: Generator[Step, Any, T], step: Step) -> Step:
        if not isinstance(step, TokenRequest):
            try:
                value = asyncio.run(_awaited(step))
            except Exception as error:  # noqa: BLE001 (as whoever drives a flow does)
                return flow.throw(error)
            return flow.send(value)
        self.requests.append(step)
        answer = self.answers.pop(0)
        return flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedToken(SubjectTokenSource):
    """A source that has one token."""

    kind = "fixed"

    token: SubjectToken

    def flow(self, context: FlowContext) -> SubjectFlow:
        yield from ()
        return self.token

    @property
    def reads(self) -> str:
        return "the test"


def context(
    *,
    classic: bool = False,
    now: float = NOW,
    exchange_url: str | None = None,
    azure_metadata_url: str | None = None,
    gcp_metadata_url: str | None = None,
) -> FlowContext:
    endpoints = IdentityEndpoints(
        exchange_url=exchange_url, azure_metadata_url=azure_metadata_url, gcp_metadata_url=gcp_metadata_url
    )
    return FlowContext(classic=classic, now=now, endpoints=endpoints)


def answer(body: object, status: int = 200) -> TokenResponse:
    """JSON of an object; text and bytes are sent as they are."""
    if isinstance(body, str):
        body = body.encode()
    return TokenResponse(status=status, headers={}, body=body if isinstance(body, bytes) else json.dumps(body).encode())


def document(request: TokenRequest) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = json.loads(request.body)
    return parsed


def shown(error: BaseException) -> str:
    """Everything that a log could hold of an error."""
    return "\n".join([str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)])
