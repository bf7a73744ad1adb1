"""Microsoft Entra ID, as far as it gives tokens to applications (OAuth's client credentials).

Read of https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.
"""

import time
from collections.abc import Callable, Collection

from cryptography import x509

from tests.upstream import entra_errors
from tests.upstream.client_assertion import check_assertion
from tests.upstream.messages import Answer, Received, json_answer
from tests.upstream.token_service import TokenService
from tests.upstream.urlencoded import parse_urlencoded

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALWAYS = {"grant_type", "client_id", "scope"}
_PROOFS = ({"client_secret"}, {"client_assertion", "client_assertion_type"})


class EntraService(TokenService):
    """`POST /{tenant}/oauth2/v2.0/token`: `EntraService(secrets={"s3cret"})`. Tokens are `entra-1`, `entra-2`, ...

    An application proves itself by one of `secrets`, by an assertion signed with the key of `certificate`, or by one
    of the tokens of another issuer in `federated`; the collections are looked into at each request. `scopes` are those
    that exist; None: any that ends in `/.default`. `tokens.issued_for(scope)` has the tokens for one of them.
    """

    def __init__(
        self,
        *,
        tenant: str = "tenant-test",
        client_id: str = "client-test",
        secrets: Collection[str] = (),
        certificate: x509.Certificate | None = None,
        federated: Collection[str] = (),
        scopes: Collection[str] | None = None,
        expires_in: float = 3599,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("entra-", expires_in=expires_in, clock=clock)
        self.certificate = certificate
        self._tenant = tenant
        self._client_id = client_id
        self._secrets = secrets
        self._federated = federated
        self._scopes = scopes

    def check(self, request: Received) -> str:
        self._check_head(request)
        form = _form(request)
        if form["grant_type"] != "client_credentials":
            raise entra_errors.unknown_grant(form["grant_type"])
        if form["client_id"] != self._client_id:
            raise entra_errors.unknown_client(form["client_id"], self._tenant)
        scope = form["scope"]
        if not scope.endswith("/.default") or " " in scope or (self._scopes is not None and scope not in self._scopes):
            raise entra_errors.wrong_scope(scope)
        self._check_proof(request, form)
        return scope

    def answer(self, token: str, purpose: str) -> Answer:
        lifetime = self.expires_in
        return json_answer(
            {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}
        )

    def _check_head(self, request: Received) -> None:
        tenant, slash, rest = request.target.removeprefix("/").partition("/")
        if (request.method, slash + rest) != ("POST", "/oauth2/v2.0/token"):
            raise entra_errors.malformed("Only POST /{tenant}/oauth2/v2.0/token is answered here.")
        if tenant != self._tenant:
            raise entra_errors.unknown_tenant(tenant)
        content_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
        if content_type != "application/x-www-form-urlencoded":
            raise entra_errors.malformed("The content type is not application/x-www-form-urlencoded.")
        for name in ("authorization", "proxy-authorization", "cookie", "api-key"):
            if request.values(name):
                raise entra_errors.malformed(f"The header {name} has no business here.")

    def _check_proof(self, request: Received, form: dict[str, str]) -> None:
        if "client_secret" in form:
            if form["client_secret"] not in self._secrets:
                raise entra_errors.wrong_secret(self._client_id)
            return
        assertion = form["client_assertion"]
        if form["client_assertion_type"] != ASSERTION_TYPE:
            raise entra_errors.malformed(f"The client_assertion_type is not {ASSERTION_TYPE}.")
        if assertion in self._federated:
            return
        if self.certificate is None:
            raise entra_errors.wrong_assertion(700027, "No certificate is registered on application.")
        # A service does not know by which scheme it was reached, but the client has told by which name.
        names = {f"{scheme}://{request.header('host')}{request.target}" for scheme in ("http", "https")}
        check_assertion(assertion, certificate=self.certificate, client_id=self._client_id, audiences=names)


def _form(request: Received) -> dict[str, str]:
    try:
        form = parse_urlencoded(request.body.decode())
    except ValueError as error:
        raise entra_errors.malformed(f"The body is no form: {error}.") from error
    for name in sorted(_ALWAYS):
        if not form.get(name):
            raise entra_errors.missing(name)
    proof = form.keys() - _ALWAYS
    if not proof:
        raise entra_errors.without_proof()
    if proof not in _PROOFS:
        raise entra_errors.malformed(f"These parameters do not go together: {', '.join(sorted(form))}.")
    return form
