"""A gate: who may pass a front, and how they ask there."""

from __future__ import annotations

import dataclasses
import ssl
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit

from connectory.demo.loopback import Refused
from connectory.demo.openai_errors import refused

_OPERATIONS = {("GET", "/v1/models"), ("POST", "/v1/chat/completions"), ("POST", "/v1/embeddings")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request; `target` is its path and query."""

    method: str
    target: str
    headers: Message
    body: bytes


class Gate:
    """Base of all kinds, in a file each in `gates/`. This one lets everybody pass who speaks as OpenAI's API does.

    With `tls`, a front speaks HTTPS.
    """

    tls: ssl.SSLContext | None = None

    def admit(self, asked: Asked) -> None:
        """Raises Refused for whoever may not pass."""

    def understood(self, asked: Asked) -> Asked:
        """The request with a `target` below the service's own URL. Raises Refused for what cannot be asked here."""
        path = urlsplit(asked.target).path
        if (asked.method, path) not in _OPERATIONS:
            raise refused(404, f"Invalid URL ({asked.method} {path})")
        return dataclasses.replace(asked, target=path.removeprefix("/v1"))

    def unavailable(self) -> Refused:
        """What is said of a service that does not answer."""
        return refused(503, "Service temporarily unavailable")
