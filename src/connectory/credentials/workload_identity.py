"""Workload identity: the token that a platform gives a workload, exchanged for a token of OpenAI's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from connectory.credential import REFRESH_BUFFER, Credential, Flow, FlowContext, IdentityEndpoints
from connectory.errors import Problem, SubjectTokenUnavailable
from connectory.setting import setting
from connectory.subject_token import SubjectTokenSource
from connectory.urls import secret_url_reason
from connectory.wire.token_exchange import (
    EXCHANGE_URL,
    OPENAI,
    SUBJECT_TOKEN_TYPES,
    exchange_request,
    token_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadIdentity(Credential):
    """No secret is kept: the source's token says which workload calls, and OpenAI gives a token for an hour.

    Source: https://developers.openai.com/api/docs/guides/workload-identity-federation and openai 3.54,
    `auth/_workload.py`.
    """

    kind: ClassVar = "workload_identity"
    providers: ClassVar = frozenset({"openai", "other"})
    exchanged: ClassVar = True
    sockets: ClassVar = False

    identity_provider_id: str = setting(
        help="Id of the workload identity provider, as OpenAI's dashboard shows it.", label="Identity provider ID"
    )
    service_account_id: str = setting(
        help="Id of the service account that the workload acts as.", label="Service account ID"
    )
    source: SubjectTokenSource = setting(help="Where the workload's own token comes from.")
    refresh_buffer_seconds: float = setting(
        REFRESH_BUFFER,
        help="Seconds before its expiry in which a token is refreshed; at most half its lifetime, below 0 never early.",
    )
    exchange_url: str | None = setting(
        None, help="Where tokens are exchanged; OpenAI's address if left out.", label="Exchange URL"
    )

    def flow(self, context: FlowContext) -> Flow:
        subject = yield from self.source.flow(context)
        if not subject.value.reveal().strip():
            raise SubjectTokenUnavailable(
                f"The workload identity provider returned an empty subject token; it came from {self.source.reads}."
            )
        url = self.exchanges_at(context.endpoints)
        request = exchange_request(
            url,
            identity_provider_id=self.identity_provider_id,
            service_account_id=self.service_account_id,
            token_type=SUBJECT_TOKEN_TYPES[subject.type],
            token=subject.value,
        )
        response = yield request
        return token_of(response, url=url, service=OPENAI, hidden=[subject.value])

    def exchanges_at(self, endpoints: IdentityEndpoints) -> str:
        return self.exchange_url or endpoints.exchange_url or EXCHANGE_URL

    @property
    def refresh_buffer(self) -> float:
        return self.refresh_buffer_seconds

    @property
    def reads(self) -> str | None:
        return self.source.reads

    def prepare(self) -> None:
        self.source.prepare()

    def problems(self) -> Iterator[Problem]:
        if not math.isfinite(self.refresh_buffer_seconds):
            yield Problem("refresh_buffer_seconds", "must be a finite number of seconds")
        if self.exchange_url is not None and (reason := secret_url_reason(self.exchange_url)):
            yield Problem("exchange_url", reason)
