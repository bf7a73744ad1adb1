"""What an execution used, and the one record that it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class UsageSource(StrEnum):
    """How the token counts are known. A service that reports 0 has reported; one that says nothing is `missing`."""

    REPORTED = "reported"
    ESTIMATED = "estimated"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts of one execution; a count that the service did not give is None, never 0.

    `cached_tokens` are part of `prompt_tokens`, `reasoning_tokens` part of `completion_tokens`. `seconds` is the
    length of the audio where a service bills by time instead of tokens.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    seconds: float | None = None
    source: UsageSource = UsageSource.MISSING


class Outcome(StrEnum):
    """How an execution ended. `unknown`: whoever ran it died before it could say."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of an execution; an execution without retries has one."""

    connection: str
    status_code: int | None
    latency: float
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """The one record that an execution leaves. Times are seconds (`started` since 1970), sizes bytes.

    It never holds the bodies of requests and answers. `error` is the stable code of an error, `first_token` the time to
    the first byte of a streamed answer, `request_id` ours, `upstream_request_id` the service's. Sizes are None where
    nobody counted, and `attempts` are empty: where an SDK's client sent the request.
    """

    request_id: str
    started: float
    latency: float
    connection: str
    space: str
    source: str
    provider: str
    endpoint: str
    streaming: bool
    outcome: Outcome
    usage: Usage
    model: str | None = None
    response_model: str | None = None
    status_code: int | None = None
    error: str | None = None
    first_token: float | None = None
    upstream_request_id: str | None = None
    attempts: tuple[Attempt, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    bytes_in: int | None = None
    bytes_out: int | None = None
