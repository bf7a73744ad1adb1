"""What an execution gives back: the service's own answer in one piece."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from connectory.errors import InvalidAnswer, ServiceError
from connectory.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The service's answer, whatever its status. `headers` have lower-case names; `body` is the service's own bytes.
    `phrase` is what it wrote beside the status (`Not Found`).

    `error` is what is wrong with it, in the service's own words where it has any: an error status, or an answer that
    is not what the endpoint promises; None when the service did what it was asked.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    usage: Usage
    error: ServiceError | None
    phrase: str = ""

    @property
    def ok(self) -> bool:
        """Whether the service did what it was asked."""
        return self.error is None

    def raise_for_error(self) -> Answer:
        """This answer; raises its `error` if it has one (CredentialRefused for 401 and 403)."""
        if self.error:
            raise self.error
        return self

    def json(self) -> Any:
        """The body as JSON. Raises InvalidAnswer when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise InvalidAnswer("The answer is no JSON.", status=self.status) from error


def headers_of_answer(response: httpx2.Response) -> dict[str, str]:
    """The headers that go with the bytes we hand out: a service that compresses unasked has had its answer unpacked."""
    unpacked = ("content-encoding", "content-length") if "content-encoding" in response.headers else ()
    return {name: value for name, value in response.headers.items() if name not in unpacked}
