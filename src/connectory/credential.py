"""What every kind of credential is: settings that are kept, and a flow that yields a token now."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from connectory.errors import Problem
from connectory.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a credential yields now. `expires_in` is seconds from its arrival, None for one that does not expire."""

    value: Secret
    expires_in: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """An HTTP request that a flow wants made. `direct` goes past every proxy (metadata addresses)."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    direct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenResponse:
    """The answer that a flow is sent back for its request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Flow = Generator[TokenRequest, TokenResponse, Token | None]
"""A credential's conversation: it yields requests, is sent responses, and returns a token; None means that nothing is
sent. It imports no HTTP library and asks no clock: whoever drives it has both."""


class Credential:
    """Base of all kinds. A kind is a frozen dataclass of settings in a file of its own in `credentials/`."""

    __slots__ = ()

    kind: ClassVar[str]
    providers: ClassVar[frozenset[str]]

    def flow(self) -> Flow:
        """Start a conversation that ends in a token."""
        raise NotImplementedError

    @property
    def silent(self) -> bool:
        """Whether nothing is sent: the service asks for no credential, or knows the caller otherwise."""
        return False

    def fixed_key(self) -> Secret | None:
        """The key itself, for a kind that is one and never changes; None for all that have to be asked for a token."""
        return None

    def problems(self) -> Iterator[Problem]:
        """What is wrong with these settings together; paths are the settings' names."""
        yield from ()
