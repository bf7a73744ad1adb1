"""What is known of a line when something on it fails: the way that the rules chose, and the handshakes on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from connectory.connection import Connection
from connectory.engine.stages.handshake import Handshake
from connectory.network.limits import Use
from connectory.network.resolve import Resolution, resolve
from connectory.network_policy import NetworkPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """`named_in` is what gives the URL (`url`, say); the second handshake is that with the proxy itself."""

    url: str
    found: Resolution
    policy: NetworkPolicy
    named_in: str = "`url`"
    handshake: Handshake = field(default_factory=Handshake)
    with_proxy: Handshake = field(default_factory=Handshake)

    @classmethod
    def of(cls, connection: Connection, url: str, use: Use = Use.RUN, *, named_in: str = "`url`") -> Sight:
        """What the rules say of the way to `url`."""
        return cls(url=url, found=resolve(connection, url, use), policy=connection.network_policy, named_in=named_in)


def place_of(url: str) -> str:
    """Host and port of a URL, for people."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
