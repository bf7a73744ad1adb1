"""What a connection asks of the network: which way, how long to wait, how often to try."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectory.secret import Secret
from connectory.setting import setting
from connectory.tls import TLSSettings


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
class NetworkSettings:
    """The way that a document asks for: `proxy` is the URL of an HTTP proxy, `none`, or `default` (the rules say)."""

    proxy: str = setting("default", help="URL of an HTTP proxy, `none` to go without, or `default`.")
    proxy_username: Secret | None = setting(None, help="User name for the proxy.")
    proxy_password: Secret | None = setting(None, help="Password for the proxy.")

    @property
    def proxy_url(self) -> str | None:
        return None if self.proxy in ("default", "none") else self.proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """What one kind of use of a connection gets after every rule is applied.

    `first_byte`: seconds until a streamed answer begins; after that `timeouts.read` holds between its pieces.
    `retries`: tries beyond the first.
    """

    timeouts: Timeouts
    retries: int
    first_byte: float | None = None
    tls: TLSSettings = field(default_factory=TLSSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)


SDK_CLIENT = TransportSettings(timeouts=Timeouts.within(600.0), retries=2)
"""What SDK clients get: the defaults of openai 3.54 (`DEFAULT_TIMEOUT`, `DEFAULT_MAX_RETRIES`)."""

RUN = TransportSettings(timeouts=Timeouts.within(200.0), retries=0)
"""What `run` and `test` get: Elastic's connector waits 200 s for an answer and never tries twice."""

STREAM = TransportSettings(timeouts=Timeouts.within(600.0), retries=0, first_byte=60.0)
"""What `stream` gets: Elastic's `xpack.actions.responseTimeout` (60 s) until the answer begins."""
