"""What the operator says under `connectory` beside connections: the default model, identities, and the network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from connectory.credential import IdentityEndpoints
from connectory.errors import Problem
from connectory.secret import Secret
from connectory.setting import setting
from connectory.urls import HOST, secret_url_reason, url_reason

_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """`connectory.workload_identity`: where tokens come from, and where they may go."""

    exchange_url: str | None = setting(
        None, help="Where tokens are exchanged; OpenAI's address for the kind of identity if left out."
    )
    hosts: tuple[str, ...] = setting(
        (), help="Hosts beside OpenAI's and Azure's own that a server sends the tokens of its workloads' identities to."
    )
    azure_metadata_url: str | None = setting(
        None, help="Azure's metadata service; its well-known address if left out.", label="Azure metadata URL"
    )
    gcp_metadata_url: str | None = setting(
        None, help="Google's metadata server; its well-known address if left out.", label="GCP metadata URL"
    )

    @property
    def endpoints(self) -> IdentityEndpoints:
        return IdentityEndpoints(
            exchange_url=self.exchange_url,
            azure_metadata_url=self.azure_metadata_url,
            gcp_metadata_url=self.gcp_metadata_url,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRules:
    """`connectory.network`: what Elastic's settings cannot say of the way to the services."""

    trust_environment: bool | None = setting(
        None,
        help="Whether `HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE` and their like count; on a server they do not if this "
        "is left out, elsewhere they do.",
    )
    private_networks: tuple[str, ...] = setting(
        (), help="Networks (as `10.1.0.0/16`) that a server may reach though they are loopback or private."
    )
    proxy_username: Secret | None = setting(None, help="User name for `xpack.actions.proxyUrl`.")
    proxy_password: Secret | None = setting(None, help="Password for `xpack.actions.proxyUrl`.")
    proxy_ca: Secret | None = setting(
        None, help="CA certificates for `xpack.actions.proxyUrl` alone, in place of all others.", label="Proxy CA"
    )
    ca: Secret | None = setting(None, help="CA certificates that count for all connections.", label="CA")
    ca_mode: str = setting(
        "add", help="Whether `ca` takes the place of the system's CAs.", label="CA mode", choices=("add", "replace")
    )
    resolve: str = setting("proxy", help="Who looks up names behind a proxy.", choices=("proxy", "here"))


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSettings:
    """`connectory.usage`: files that take the place of shipped tables."""

    models: str | None = setting(
        None, help="File with a table of models, their default and their shutdowns; the shipped one if left out."
    )


LATER_WITHIN: Mapping[type, tuple[str, ...]] = {UsageSettings: ("prices",)}
"""Keys inside a section that a later version will know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSettings:
    """The keys under `connectory` that hold no connections."""

    default_model: str | None = setting(
        None, help="Written into an OpenAI connector of Elastic's that names no model; the shipped one if left out."
    )
    custom_token_providers: tuple[str, ...] = setting(
        (), help="Functions that connections on a server may name as `token_provider`."
    )
    token_file_directories: tuple[str, ...] = setting(
        ("/var/run/secrets",), help="Directories in which a connection on a server may have its `token_file_path`."
    )
    workload_identity: IdentitySettings = setting(
        IdentitySettings(), help="Where tokens of workload identity come from, and where they may go."
    )
    network: NetworkRules = setting(NetworkRules(), help="The way to the services, for all connections.")
    usage: UsageSettings = setting(UsageSettings(), help="Files that take the place of shipped tables.")


def problems_of(settings: OperatorSettings) -> Iterator[Problem]:
    """What is wrong with well-formed settings; paths begin below `connectory`."""
    identity = settings.workload_identity
    judges = {
        "exchange_url": secret_url_reason,
        "azure_metadata_url": url_reason,
        "gcp_metadata_url": url_reason,
    }
    for name, judge in judges.items():
        url = getattr(identity, name)
        if url is not None and (reason := judge(url)):
            yield Problem(f"workload_identity.{name}", reason)
    for index, host in enumerate(identity.hosts):
        if not HOST.fullmatch(host):
            yield Problem(f"workload_identity.hosts.{index}", "must be the name of a host, without scheme and port")
    for index, name in enumerate(settings.custom_token_providers):
        if not _DOTTED.fullmatch(name):
            yield Problem(f"custom_token_providers.{index}", "must name a function, as `package.module.function`")
    for index, folder in enumerate(settings.token_file_directories):
        path = PurePosixPath(folder)
        if not path.is_absolute() or ".." in path.parts:
            yield Problem(f"token_file_directories.{index}", "must be an absolute path without `..`")
