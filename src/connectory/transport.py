"""How long to wait and how often to try: what a connection asks of the network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Limits in seconds for each phase of a request; None means no limit."""

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None

    @classmethod
    def all(cls, seconds: float | None) -> Timeouts:
        """The same limit for every phase."""
        return cls(connect=seconds, read=seconds, write=seconds, pool=seconds)

    @classmethod
    def within(cls, seconds: float) -> Timeouts:
        """`seconds` for the answer, and at most 5 s to connect."""
        return cls(connect=min(seconds, 5.0), read=seconds, write=seconds, pool=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """What one kind of use of a connection gets after every rule is applied.

    `first_byte`: seconds until a streamed answer begins; after that `timeouts.read` holds between its pieces.
    `retries`: tries beyond the first.
    """

    timeouts: Timeouts
    retries: int
    first_byte: float | None = None


SDK_CLIENT = TransportSettings(timeouts=Timeouts.within(600.0), retries=2)
"""What SDK clients get: the defaults of openai 3.54 (`DEFAULT_TIMEOUT`, `DEFAULT_MAX_RETRIES`)."""

RUN = TransportSettings(timeouts=Timeouts.within(200.0), retries=0)
"""What `run` and `test` get: Elastic's connector waits 200 s for an answer and never tries twice."""

STREAM = TransportSettings(timeouts=Timeouts.within(600.0), retries=0, first_byte=60.0)
"""What `stream` gets: Elastic's `xpack.actions.responseTimeout` (60 s) until the answer begins."""
