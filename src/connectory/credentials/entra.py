"""Microsoft Entra ID: an application or a machine of Azure's, known to Azure OpenAI by a role and not by a key."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, urlencode, urlsplit

from connectory.credential import (
    Credential,
    Flow,
    FlowContext,
    IdentityEndpoints,
    Step,
    Token,
    TokenRequest,
    TokenResponse,
)
from connectory.credentials._client_assertion import ASSERTION_TYPE, check_certificate, client_assertion
from connectory.errors import CertificateUnusable, NetworkError, Problem, SecretUnavailable
from connectory.pem import Unusable
from connectory.secret import Secret
from connectory.setting import setting
from connectory.urls import secret_url_reason
from connectory.wire.cloud_metadata import azure_token_request
from connectory.wire.token_exchange import TokenService, token_of

SCOPE = "https://ai.azure.com/.default"
CLASSIC_SCOPE = "https://cognitiveservices.azure.com/.default"

_ALL_OF_IT = "/.default"
"""What the scope of an application ends in: all that it was allowed, for single permissions are for people."""

_SECRET_PARAMETERS = ("client_secret", "client_assertion")
_TENANT = re.compile(r"[A-Za-z0-9._-]+")

SIGN_IN = TokenService(
    failed="The sign-in at Entra failed",
    refused="Entra does not take the application",
    empty="Entra's answer was empty",
    no_object="Entra's answer was not a JSON object",
    no_token="Entra's answer did not include a valid access_token",
    wrong_token="Entra's answer did not include a valid access_token",
    wrong_type="Entra's token is not of the type Bearer",
    wrong_life="Entra's answer did not include a valid expires_in",
    no_life="Entra's token has expired already",
    counts_in_text=True,
    fix="check `tenant_id`, `client_id` and `authority`",
    fixes={
        "invalid_client": "check `client_id`, and that the secret or certificate is its own and has not expired",
        "unauthorized_client": "check `tenant_id` and `client_id`: the application must be registered in that tenant",
        "invalid_scope": "check `scope`",
        "invalid_resource": "check `scope`",
    },
)
METADATA = TokenService(
    failed="Azure's metadata service failed",
    refused="Azure's metadata service does not know the managed identity",
    empty="The answer of Azure's metadata service was empty",
    no_object="The answer of Azure's metadata service was not a JSON object",
    no_token="The answer of Azure's metadata service did not include a valid access_token",
    wrong_token="The answer of Azure's metadata service did not include a valid access_token",
    wrong_type="The token of Azure's metadata service is not of the type Bearer",
    wrong_life="The answer of Azure's metadata service did not include a valid expires_in",
    no_life="The token of Azure's metadata service has expired already",
    counts_in_text=True,
    fix="check that the machine has a managed identity, that `client_id` names it if there are several, and `scope`",
    fixes={},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entra(Credential):
    """An application signs in with its secret or certificate, or a machine of Azure's by its managed identity.

    The token goes out as `Authorization: Bearer`. Whoever signs in needs the role *Cognitive Services OpenAI User*.
    Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow; for the scopes
    https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle
    """

    kind: ClassVar = "entra"
    providers: ClassVar = frozenset({"azure"})
    exchanged: ClassVar = True
    bearer: ClassVar = True
    flat_prefix: ClassVar = "entra_"

    tenant_id: str | None = setting(
        None, help="Id or domain of the tenant that the application is registered in.", label="Tenant ID"
    )
    client_id: str | None = setting(
        None, help="Id of the application, or of a user-assigned managed identity.", label="Client ID"
    )
    client_secret: Secret | None = setting(None, help="Secret of the application.")
    client_certificate: Secret | None = setting(
        None, help="Certificate of the application with its private key in one PEM text, or base64 of it."
    )
    managed_identity: bool = setting(
        False, help="Whether the machine's own identity is used, on a machine in Azure that has one."
    )
    scope: str | None = setting(
        None, help=f"What the token is for; if left out `{SCOPE}`, or `{CLASSIC_SCOPE}` for classic URLs."
    )
    authority: str = setting(
        "https://login.microsoftonline.com", help="Where applications sign in; another one in national clouds."
    )

    def flow(self, context: FlowContext) -> Flow:
        scope = self.scope or (CLASSIC_SCOPE if context.classic else SCOPE)
        if self.managed_identity:
            return (yield from self._of_the_machine(scope, context))
        url = self._sign_in_url
        proof = self._proof(url, context.now)
        client_id = self.client_id or ""
        form = {"grant_type": "client_credentials", "client_id": client_id, "scope": scope, **proof}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        body = urlencode(form, errors="replace").encode()
        response: TokenResponse = yield TokenRequest(method="POST", url=url, headers=headers, body=body)
        sent = [Secret(text) for name, text in proof.items() if name in _SECRET_PARAMETERS]
        return token_of(response, url=url, service=SIGN_IN, hidden=sent)

    @property
    def _sign_in_url(self) -> str:
        return f"{self.authority.rstrip('/')}/{quote(self.tenant_id or '', safe='')}/oauth2/v2.0/token"

    def exchanges_at(self, endpoints: IdentityEndpoints) -> str | None:
        return None if self.managed_identity else self._sign_in_url

    @property
    def reads(self) -> str | None:
        return "Azure's metadata service" if self.managed_identity else None

    def problems(self) -> Iterator[Problem]:
        yield from self._problems_of_proofs()
        if self.tenant_id is not None and not _TENANT.fullmatch(self.tenant_id):
            yield Problem("tenant_id", "must be the id or a domain of a tenant, without `/` and braces")
        if self.scope is not None and (not self.scope.endswith(_ALL_OF_IT) or len(self.scope.split()) != 1):
            yield Problem("scope", f"must be one scope that ends in `{_ALL_OF_IT}`, as `{SCOPE}`")
        if reason := _authority_problem(self.authority, self.tenant_id):
            yield Problem("authority", reason)

    def _problems_of_proofs(self) -> Iterator[Problem]:
        proofs = ("client_secret", "client_certificate", "managed_identity")
        given = [name for name in proofs if getattr(self, name)]
        if not given:
            yield Problem(
                "client_secret", "is needed, or `credential.client_certificate`, or `credential.managed_identity`"
            )
        for name in given[1:]:
            yield Problem(name, f"stands beside `credential.{given[0]}`; give one of them")
        if not self.managed_identity or len(given) > 1:
            for name, value in {"tenant_id": self.tenant_id, "client_id": self.client_id}.items():
                if not value:
                    yield Problem(name, "is needed for an application")
        certificate = self.client_certificate
        if certificate and certificate.at_hand:
            try:
                check_certificate(certificate.reveal())
            except Unusable as error:
                yield Problem("client_certificate", error.reason)

    def _proof(self, url: str, now: float) -> dict[str, str]:
        """The parameters by which an application proves what it is. Raises SecretUnavailable, CertificateUnusable."""
        if self.client_certificate is None:
            return {"client_secret": self._secret_text()}
        pem = self.client_certificate.reveal()
        try:
            assertion = client_assertion(pem, client_id=self.client_id or "", audience=url, now=now)
        except Unusable as error:
            raise CertificateUnusable("credential.client_certificate", error.reason) from error
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}

    def _secret_text(self) -> str:
        secret = self.client_secret or Secret("")
        text = secret.reveal().strip()
        if not text:
            raise SecretUnavailable(secret.reference or "credential.client_secret", "it is blank")
        return text

    def _of_the_machine(self, scope: str, context: FlowContext) -> Generator[Step, TokenResponse, Token]:
        request = azure_token_request(
            context.endpoints.azure_metadata_url, resource=scope.removesuffix(_ALL_OF_IT), client_id=self.client_id
        )
        try:
            response = yield request
        except NetworkError as error:
            where = "a managed identity is to be had on machines in Azure only"
            raise error.saying(f"{error.reason}; {where}") from error
        return token_of(response, url=request.url, service=METADATA)


def _authority_problem(authority: str, tenant: str | None) -> str | None:
    """Why nobody can sign in there, as the rest of a sentence."""
    if reason := secret_url_reason(authority):
        return reason
    parts = urlsplit(authority)
    if parts.query:
        return "has a part after `?`, where no address of a sign-in has one"
    if tenant and parts.path.strip("/") == tenant:
        return "ends in the tenant, which `credential.tenant_id` says already"
    return None
