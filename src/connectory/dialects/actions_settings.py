"""What Elastic's operators say under `xpack.actions` of where connectors may go, how, and how much.

Source: https://www.elastic.co/docs/reference/kibana/configuration-reference/alerting-settings
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectory.connection import Headers
from connectory.dialects.measures import ByteSize, Duration, OneOrMany
from connectory.network_policy import RESPONSE_TIMEOUT
from connectory.setting import setting
from connectory.tls import CERTIFICATE, FULL, NONE

_MODES = (FULL, CERTIFICATE, NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TLSRules:
    """`xpack.actions.ssl`."""

    verification_mode: str | None = setting(
        None, key="verificationMode", choices=_MODES, help="What is checked of services; `full` if left out."
    )
    proxy_verification_mode: str | None = setting(
        None, key="proxyVerificationMode", choices=_MODES, help="What is checked of the proxy; `full` if left out."
    )
    reject_unauthorized: bool | None = setting(
        None, key="rejectUnauthorized", help="Old name: true is the `verificationMode` `full`, false is `none`."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTLS:
    """`ssl` of one host."""

    verification_mode: str | None = setting(
        None, key="verificationMode", choices=_MODES, help="What is checked of this host; `full` if left out."
    )
    authorities_files: OneOrMany | None = setting(
        None,
        key="certificateAuthoritiesFiles",
        help="PEM files of CAs, which stand in the place of all others; relative to the configuration file.",
    )
    authorities_data: str | None = setting(
        None, key="certificateAuthoritiesData", help="CAs as PEM, or base64 of it, in the place of all others."
    )
    reject_unauthorized: bool | None = setting(
        None, key="rejectUnauthorized", help="Old name: true is the `verificationMode` `full`, false is `none`."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HostMail:
    """`smtp` of one host, which only mail reads."""

    ignore_tls: bool | None = setting(None, key="ignoreTLS", help="For mail only.", label="Ignore TLS")
    require_tls: bool | None = setting(None, key="requireTLS", help="For mail only.", label="Require TLS")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomHost:
    """What holds for one host and port. Without a `url` it is refused."""

    url: str | None = setting(None, help="The host, as `https://host` or `https://host:port`.", label="URL")
    ssl: HostTLS | None = setting(None, help="Whom connections trust there, in the place of all else.", label="TLS")
    tls: HostTLS | None = setting(None, help="Old name of `ssl`.", label="TLS, old name")
    smtp: HostMail | None = setting(None, help="For mail only.", label="Mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """How many executions of one type of connector go within a time."""

    limit: int = setting(help="Executions that may go within the window.", minimum=1)
    lookback_window: Duration = setting(key="lookbackWindow", help="Length of the window, as `1m`.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRules:
    """How executions in the background are repeated."""

    max_attempts: int | None = setting(
        None, key="maxAttempts", help="Times that an execution in the background is tried.", minimum=1, maximum=10
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionsSettings:
    """The keys under `xpack.actions` that count, but for the connectors in `preconfigured`."""

    allowed_hosts: tuple[str, ...] = setting(
        ("*",), key="allowedHosts", help="Hosts that connections may go to; `*` is any."
    )
    enabled_action_types: tuple[str, ...] = setting(
        ("*",), key="enabledActionTypes", help="Types of connectors that may be used on a server; `*` is any."
    )
    proxy_url: str | None = setting(
        None, key="proxyUrl", help="HTTP proxy that connections go through.", label="Proxy URL"
    )
    proxy_headers: Headers = setting(
        {}, key="proxyHeaders", help="Headers for the proxy alone; those that hold a key are kept secret."
    )
    proxy_bypass_hosts: tuple[str, ...] | None = setting(
        None, key="proxyBypassHosts", help="Hosts that are reached without a proxy."
    )
    proxy_only_hosts: tuple[str, ...] | None = setting(
        None, key="proxyOnlyHosts", help="The only hosts that are reached through a proxy."
    )
    ssl: TLSRules = setting(TLSRules(), help="What is checked of certificates.", label="TLS")
    custom_host_settings: tuple[CustomHost, ...] = setting(
        (), key="customHostSettings", help="What holds for one host and port."
    )
    max_response_content_length: ByteSize | None = setting(
        None, key="maxResponseContentLength", help="Longest answer of `run` and `test`, as `1mb`; no limit if left out."
    )
    response_timeout: Duration = setting(
        Duration(RESPONSE_TIMEOUT), key="responseTimeout", help="How long an answer is waited for at least, as `60s`."
    )
    rate_limiter: Mapping[str, RateLimit] = setting(
        {}, key="rateLimiter", help="Limits of a server by type of connector (`gen-ai`)."
    )
    run: RunRules = setting(RunRules(), help="How executions in the background are repeated.")
    reject_unauthorized: bool | None = setting(
        None, key="rejectUnauthorized", help="Old name: true is `ssl.verificationMode: full`, false is `none`."
    )
    proxy_reject_unauthorized: bool | None = setting(
        None,
        key="proxyRejectUnauthorizedCertificates",
        help="Old name: true is `ssl.proxyVerificationMode: full`, false is `none`.",
    )
