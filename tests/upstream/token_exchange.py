"""OpenAI's exchange of a workload's token, or of its certificate, for an access token (RFC 8693).

Read of https://developers.openai.com/api/docs/guides/workload-identity-federation.md and of openai 3.54.0.
"""

import json
import time
from collections.abc import Callable, Collection

from tests.upstream.messages import Answer, Document, Received, json_answer
from tests.upstream.openai_errors import Refused
from tests.upstream.scripted import refused
from tests.upstream.token_service import TokenService

PATH = "/oauth/token"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT = "urn:ietf:params:oauth:token-type:jwt"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
X509 = "urn:openai:params:oauth:token-type:x509"


class TokenExchange(TokenService):
    """`POST /oauth/token`: `TokenExchange(subject_tokens={"jwt-1"})`. Tokens are `at-1`, `at-2`, ...

    `subject_tokens` is a collection, looked into at each request, or a predicate. `certificates`, when given, are the
    common names of the client certificates that an exchange by X.509 is accepted from. A wrong request gets
    `invalid_request`, a subject token or certificate that is not accepted `invalid_grant`, both 400.
    """

    def __init__(
        self,
        *,
        subject_tokens: Collection[str] | Callable[[str], bool] = (),
        identity_provider_id: str = "idp_test",
        service_account_id: str = "sa_test",
        certificates: Collection[str] | None = None,
        expires_in: float = 3600,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("at-", expires_in=expires_in, clock=clock)
        self._accepts = subject_tokens if callable(subject_tokens) else subject_tokens.__contains__
        self._expected = {
            "grant_type": GRANT_TYPE,
            "identity_provider_id": identity_provider_id,
            "service_account_id": service_account_id,
        }
        self._certificates = certificates

    def check(self, request: Received) -> str:
        _check_head(request)
        document = _document(request)
        for name, value in self._expected.items():
            if document.get(name) != value:
                raise _invalid(f"{name} is not {value!r}")
        self._check_subject(request, document)
        return self._expected["service_account_id"]

    def answer(self, token: str, purpose: str) -> Answer:
        return json_answer(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": self.expires_in,
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            }
        )

    def _check_subject(self, request: Received, document: Document) -> None:
        expected = {*self._expected, "subject_token_type"}
        kind = document.get("subject_token_type")
        if kind not in (JWT, ID_TOKEN, X509):
            raise _invalid("subject_token_type is none of the three")
        if kind != X509:
            expected.add("subject_token")
        if document.keys() != expected:
            raise _invalid(f"the members are not {', '.join(sorted(expected))}")
        if kind == X509:
            if self._certificates is not None and request.peer_certificate not in self._certificates:
                raise Refused(refused("invalid_grant", "the client certificate is not accepted"))
            return
        token = document["subject_token"]
        if not isinstance(token, str) or not token:
            raise _invalid("subject_token is not a text, or empty")
        if not self._accepts(token):
            raise Refused(refused("invalid_grant", "the subject token is not accepted"))


def _check_head(request: Received) -> None:
    if (request.method, request.target) != ("POST", PATH):
        raise _invalid(f"only POST {PATH} is answered here")
    if (request.header("content-type") or "").partition(";")[0].strip().lower() != "application/json":
        raise _invalid("the content type is not application/json")
    for name in ("authorization", "proxy-authorization", "cookie", "api-key", "x-api-key"):
        if request.values(name):
            raise _invalid(f"the header {name} has no business here")


def _document(request: Received) -> Document:
    try:
        document = json.loads(request.body)
    except ValueError as error:
        raise _invalid("the body is not JSON") from error
    if not isinstance(document, dict):
        raise _invalid("the body is not a JSON object")
    return document


def _invalid(description: str) -> Refused:
    return Refused(refused("invalid_request", description))
