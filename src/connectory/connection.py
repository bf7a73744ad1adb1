"""The Connection: everything needed to reach one service, by id, in a space."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectory.credential import Credential, IdentityEndpoints
from connectory.errors import Problem, SecretUnavailable
from connectory.network_policy import NetworkPolicy
from connectory.provider import OPENAI, Address, Provider, deployment_path
from connectory.secret import Secret
from connectory.setting import setting, settings_of
from connectory.tls import TLSSettings
from connectory.transport import NetworkSettings, Timeouts

Headers = Mapping[str, str | Secret]
Query = Mapping[str, Any]
"""Parameters of a URL's query: text, a Secret, or anything else that JSON can hold."""
SecretTexts = Mapping[str, Secret]

RESIDENCIES: Mapping[str, str] = {
    "global": "https://api.openai.com/v1",
    **{region: f"https://{region}.api.openai.com/v1" for region in ("us", "eu", "ae", "au", "in", "jp")},
}
"""Values of the SDK's `data_residency` and the URLs that they choose (openai 3.54, `_data_residency.py`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureSettings:
    """What only Azure OpenAI has."""

    api_version: str | None = setting(None, help="`api-version` of every request; classic URLs need one.")
    deployments: Mapping[str, str] = setting({}, help="Deployment to use for a model, for classic URLs.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """Arguments of the SDK client's constructor (openai 3.54) that JSON can express.

    `api_key` and `base_url` are also taken here and become the connection's credential and URL.
    """

    admin_api_key: Secret | None = setting(None, help="Key for OpenAI's administration endpoints.", in_header=True)
    organization: str | None = setting(None, help="Sent as `OpenAI-Organization`.", in_header=True)
    project: str | None = setting(None, help="Sent as `OpenAI-Project`.", in_header=True)
    webhook_secret: Secret | None = setting(None, help="Secret that webhooks are verified with.")
    data_residency: str | None = setting(None, help="OpenAI region, in place of a URL.", choices=tuple(RESIDENCIES))
    websocket_base_url: str | None = setting(None, help="Base URL of WebSocket requests.")
    timeout: Timeouts | None = setting(
        None, help="Seconds to wait, for all or by phase (connect, read, write, pool); null means no limit."
    )
    max_retries: int | None = setting(None, help="Tries beyond the first.", minimum=0)
    default_headers: Headers = setting({}, help="Headers of every request; one that names a credential wins over it.")
    default_query: Query = setting({}, help="Query parameters of every request; a key among them is a secret.")
    _strict_response_validation: bool = setting(False, help="Answers must match the SDK's types.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignSettings:
    """What a foreign document says that means nothing here. Its dialect writes it back."""

    airflow: SecretTexts = setting({}, help="Fields and keys of `extra` of an Airflow connection, as JSON text.")
    kibana: Query = setting({}, help="What only Kibana itself reads of a connector.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One reading of one document. Every dialect makes it, every face uses it, nobody changes it.

    `url` is kept as it was given. `warnings` are what the reading wants people to know; they, `source` (where the
    document was found) and `said_at` (where its parts stood, in a foreign document) do not count when connections are
    compared. `identity_endpoints` and `network_policy` are the operator's word, not the document's.
    """

    id: str
    space: str = "default"
    source: str = field(default="", compare=False)
    said_at: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    warnings: tuple[Problem, ...] = field(default=(), compare=False)
    identity_endpoints: IdentityEndpoints = field(default_factory=IdentityEndpoints)
    network_policy: NetworkPolicy = field(default=NetworkPolicy(), compare=False, repr=False)

    name: str = setting("", help="Name for people; the id if left out.")
    description: str = setting("", help="What this connection is for.")
    labels: Mapping[str, str] = setting({}, help="Copied into every usage event of this connection.")
    provider: Provider = setting(OPENAI, help="How the service wants to be spoken to.")
    url: str = setting("", help="URL of the service's API, or of one of its endpoints.", label="URL")
    endpoint: str | None = setting(None, help="Where run, test and stream post, if the URL does not say it.")
    model: str | None = setting(None, help="Model of requests that name none.", label="Default model")
    credential: Credential = setting(help="What proves who calls.")
    tls: TLSSettings = setting(TLSSettings(), help="Whom the connection trusts, and its client certificate.")
    network: NetworkSettings = setting(NetworkSettings(), help="The way that requests take.")
    headers: Headers = setting({}, help="Sent with every request; the credential's own header wins over these.")
    azure: AzureSettings = setting(AzureSettings(), help="What only Azure OpenAI has.")
    client: ClientSettings = setting(ClientSettings(), help="Arguments of the SDK client's constructor.")
    foreign: ForeignSettings = setting(ForeignSettings(), help="What a foreign document says that means nothing here.")

    @property
    def address(self) -> Address:
        return _address(self.provider, self.url, self.endpoint, self.azure.api_version)

    def endpoint_url(self, model: str | None) -> str | None:
        """Where `run` and `stream` post; None when it takes a model to know (Azure's classic URL without one)."""
        address = self.address
        if address.endpoint is not None:
            return address.endpoint
        deployment = self.deployment(model)
        return deployment and address.join(f"{deployment_path(deployment)}/chat/completions")

    def deployment(self, model: str | None) -> str | None:
        """Azure's deployment for a model: from the map, else from the URL, else the model itself."""
        return self.azure.deployments.get(model or "") or self.address.deployment or model

    @property
    def organization(self) -> str | None:
        return self.client.organization or getattr(self.credential, "organization", None)

    @property
    def project(self) -> str | None:
        return self.client.project or getattr(self.credential, "project", None)

    @property
    def bearer(self) -> bool:
        """Whether the credential goes where everybody's does, in `Authorization: Bearer`."""
        return self.credential.bearer or self.provider.bearer

    def credential_header(self, token: str) -> tuple[str, str]:
        """The header that proves who calls."""
        return ("Authorization", f"Bearer {token}") if self.bearer else self.provider.credential_header(token)

    def is_credential_of(self, headers: Iterable[str]) -> bool:
        """Whether these header names include the credential's, whose place they then take."""
        own = self.credential_header("")[0].lower()
        return own in (name.lower() for name in headers)

    def own_headers(self) -> Headers:
        """The connection's headers less those that something else sets: its credential, its organization, the body."""
        taken = {
            "content-type": True,
            "openai-organization": self.organization,
            "openai-project": self.project,
            self.credential_header("")[0].lower(): not self.credential.silent,
        }
        return {name: value for name, value in self.headers.items() if not taken.get(name.lower())}


@functools.lru_cache(maxsize=1024)
def _address(provider: Provider, url: str, endpoint: str | None, api_version: str | None) -> Address:
    """Every request asks for it, and some twice."""
    return provider.address(url, endpoint=endpoint, api_version=api_version)


def secrets_of(value: object) -> Iterator[tuple[str, Secret]]:
    """Every secret in the settings of a connection (or of a part of one), with its path."""
    return ((".".join(place), secret) for place, secret in secret_places(value))


def secret_places(value: object) -> Iterator[tuple[tuple[str, ...], Secret]]:
    """The same with the keys that lead to each."""
    kind: type = type(value)
    for name in _holders(kind):
        part = getattr(value, name)
        if isinstance(part, Secret):
            yield (name,), part
        elif isinstance(part, Mapping):
            yield from (((name, key), inner) for key, inner in part.items() if isinstance(inner, Secret))
        elif part is not None:
            yield from (((name, *place), secret) for place, secret in secret_places(part))


@functools.cache
def _holders(kind: type) -> tuple[str, ...]:
    """The settings of a kind in which there may be secrets: listings ask for them often."""
    return tuple(name for name, setting in settings_of(kind).items() if setting.type not in _PLAIN)


_PLAIN = (str, bool, int, float, Provider, Timeouts, AzureSettings, Mapping[str, str], tuple[str, ...])


def missing_secrets(connection: Connection) -> list[str]:
    """Paths of the secrets that are kept elsewhere and cannot be read there now."""
    return [path for path, secret in secrets_of(connection) if not _readable(secret)]


def _readable(secret: Secret) -> bool:
    try:
        secret.reveal()
    except SecretUnavailable:
        return False
    return True
