"""What is known of a line when something on it fails: the way that the rules chose, and the handshakes on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from connectory.engine.stages.handshake import Handshake
from connectory.network.resolve import Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """`named_in` is what gives the URL (`url`, say); the second handshake is that with the proxy itself."""

    url: str
    found: Resolution
    named_in: str = "`url`"
    handshake: Handshake = field(default_factory=Handshake)
    with_proxy: Handshake = field(default_factory=Handshake)


def place_of(url: str) -> str:
    """Host and port of a URL, for people."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
