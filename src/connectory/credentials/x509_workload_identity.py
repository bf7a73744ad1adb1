"""Workload identity by certificate: the one that the machine shows in TLS, exchanged for a token of OpenAI's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from connectory.credential import REFRESH_BUFFER, Credential, Flow, FlowContext, IdentityEndpoints
from connectory.errors import Problem
from connectory.setting import setting
from connectory.urls import url_reason
from connectory.wire.token_exchange import (
    OPENAI_X509,
    X509_EXCHANGE_URL,
    X509_TOKEN_TYPE,
    exchange_request,
    token_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class X509WorkloadIdentity(Credential):
    """The connection's client certificate (`tls`) says who calls, at the exchange and at the API.

    Source: https://developers.openai.com/api/docs/guides/workload-identity-federation/x509
    """

    kind: ClassVar = "x509_workload_identity"
    providers: ClassVar = frozenset({"openai"})
    exchanged: ClassVar = True
    certified: ClassVar = True
    sockets: ClassVar = False
    default_urls: ClassVar = {
        "global": "https://mtls.api.openai.com/v1",
        "us": "https://mtls-us.api.openai.com/v1",
        "eu": "https://mtls-eu.api.openai.com/v1",
    }

    identity_provider_id: str = setting(
        help="Id of the X.509 identity provider, as OpenAI's dashboard shows it.", label="Identity provider ID"
    )
    service_account_id: str = setting(
        help="Id of the service account that the workload acts as.", label="Service account ID"
    )
    refresh_buffer_seconds: float = setting(
        REFRESH_BUFFER,
        help="Seconds before its expiry in which a token is refreshed; at most half its lifetime.",
        minimum=0,
    )
    exchange_url: str | None = setting(
        None, help="Where tokens are exchanged; OpenAI's address if left out. https only.", label="Exchange URL"
    )

    def flow(self, context: FlowContext) -> Flow:
        url = self.exchanges_at(context.endpoints)
        response = yield exchange_request(
            url,
            identity_provider_id=self.identity_provider_id,
            service_account_id=self.service_account_id,
            token_type=X509_TOKEN_TYPE,
        )
        return token_of(response, url=url, service=OPENAI_X509)

    def exchanges_at(self, endpoints: IdentityEndpoints) -> str:
        return self.exchange_url or endpoints.exchange_url or X509_EXCHANGE_URL

    @property
    def refresh_buffer(self) -> float:
        return self.refresh_buffer_seconds

    @property
    def reads(self) -> str | None:
        return "the connection's client certificate"

    def problems(self) -> Iterator[Problem]:
        if not (math.isfinite(self.refresh_buffer_seconds) and self.refresh_buffer_seconds >= 0):
            yield Problem(
                "refresh_buffer_seconds", "X.509 workload identity requires a finite, non-negative refresh buffer"
            )
        if self.exchange_url is not None and (reason := url_reason(self.exchange_url, schemes=("https",))):
            yield Problem("exchange_url", reason)
