"""What every kind of credential is: settings that are kept, and a flow that yields a token now."""

from __future__ import annotations

from collections.abc import Awaitable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from connectory.errors import Problem
from connectory.secret import Secret

REFRESH_BUFFER = 1200.0
"""Seconds before its expiry in which a token is refreshed (openai 3.54, `auth/_workload.py`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a credential yields now. `expires_in` is seconds from its arrival, None for one that does not expire."""

    value: Secret
    expires_in: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """An HTTP request that a flow wants made; its body may hold secrets.

    `direct` goes past every proxy (metadata addresses).
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    direct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenResponse:
    """The answer that a flow is sent back for its request; its body may hold a token."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityEndpoints:
    """Where tokens come from, where the operator says so; None: the well-known addresses."""

    exchange_url: str | None = None
    azure_metadata_url: str | None = None
    gcp_metadata_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowContext:
    """What a flow may know beside its own settings.

    `classic`: the token is for one of Azure's classic URLs. `now` are seconds since 1970.
    """

    classic: bool
    now: float
    endpoints: IdentityEndpoints = IdentityEndpoints()


Step = TokenRequest | Awaitable[Any]
"""What a flow asks of whoever drives it: the response to a request, or the value of an awaitable."""

Flow = Generator[Step, Any, Token | None]
"""A credential's conversation: it yields steps, is sent what they came to (a TokenResponse for a TokenRequest), and
returns a token; None means that nothing is sent. It imports no HTTP library and asks no clock: whoever drives it has
both. An awaitable that raises raises in the flow, and so does a request that finds no answer (NetworkError)."""


class Credential:
    """Base of all kinds. A kind is a frozen dataclass of settings in a file of its own in `credentials/`.

    `exchanged`: its token is asked for over the network, kept until it expires, and shared by all who use the identity.
    `certified`: it goes with a client certificate. `bearer`: the token goes out as `Authorization: Bearer` at every
    provider, Azure too. `sockets`: services take it for WebSockets as well. `flat_prefix` stands before the names of
    its settings where a foreign document has them side by side with those of other kinds. `default_urls` are the URLs
    of the provider `openai` for this kind by OpenAI region, where they are not everybody's.
    """

    __slots__ = ()

    kind: ClassVar[str]
    providers: ClassVar[frozenset[str]]
    exchanged: ClassVar[bool] = False
    certified: ClassVar[bool] = False
    sockets: ClassVar[bool] = True
    bearer: ClassVar[bool] = False
    flat_prefix: ClassVar[str] = ""
    default_urls: ClassVar[Mapping[str, str]] = {}

    def flow(self, context: FlowContext) -> Flow:
        """Start a conversation that ends in a token."""
        raise NotImplementedError

    @property
    def silent(self) -> bool:
        """Whether nothing is sent: the service asks for no credential, or knows the caller otherwise."""
        return False

    @property
    def refresh_buffer(self) -> float:
        """Seconds before its expiry in which a token is refreshed; at most half its lifetime is taken."""
        return REFRESH_BUFFER

    @property
    def reads(self) -> str | None:
        """Where it reads what proves who calls, for people; None for one that holds it."""
        return None

    def exchanges_at(self, endpoints: IdentityEndpoints) -> str | None:
        """Where its tokens are exchanged; None for a kind that exchanges none, or asks the machine itself."""
        return None

    def fixed_key(self) -> Secret | None:
        """The key itself, for a kind that is one and never changes; None for all that have to be asked for a token."""
        return None

    def prepare(self) -> None:
        """Find out what can be known before a first token is asked for; code that documents name is imported here.

        Called when a client is made. Raises OperatorError.
        """

    def problems(self) -> Iterator[Problem]:
        """What is wrong with these settings together; paths are the settings' names."""
        yield from ()
