"""The exchange of a proof of who calls for a token (RFC 8693, RFC 6749): the request, and what the answer comes to.

Sources: https://developers.openai.com/api/reference/workload-identity-federation and the package openai 3.54.0
(`auth/_workload.py`, `auth/_x509.py`), whose sentences are ours, for people look for them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from connectory.credential import Token, TokenRequest, TokenResponse
from connectory.errors import TokenExchangeFailed, TokenExchangeRefused
from connectory.secret import Secret, holds_a_key
from connectory.urls import origin_of
from connectory.wire.safe_text import safe_text
from connectory.wire.web_pages import is_web_page, page_text

EXCHANGE_URL = "https://auth.openai.com/oauth/token"
X509_EXCHANGE_URL = "https://mtls.auth.openai.com/oauth/token"

SUBJECT_TOKEN_TYPES: Mapping[str, str] = {
    "jwt": "urn:ietf:params:oauth:token-type:jwt",
    "id": "urn:ietf:params:oauth:token-type:id_token",
}
X509_TOKEN_TYPE = "urn:openai:params:oauth:token-type:x509"

_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
_WORDS_LIMIT = 300
_REFUSALS = (400, 401, 403)

_SENDABLE = re.compile(r"[\x21-\x7e]+")
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_ERROR_CODE = re.compile(r"[\w.-]{1,100}", re.ASCII)
_WHOLE_NUMBER = re.compile(r"[0-9]{1,12}")
# Entra writes the ids of the request behind its sentence, in lines of their own or on the same one.
_FIRST_LINE = re.compile(r"[\r\n]| Trace ID: ")
# A shorter text is as likely a word of the sentence as a secret.
_SHORTEST_HIDDEN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenService:
    """What one kind of service promises of its answers, and the sentences for one that keeps no promise.

    `characters` are those of a token, `fix` says how to mend a refusal, `fixes` the same for single error codes.
    `counts_in_text`: `expires_in` may be text.
    """

    failed: str = "Token exchange failed"
    refused: str = "OAuth authentication error."
    empty: str = "Token exchange succeeded but response body was empty"
    no_object: str = "Token exchange succeeded but response body was not a JSON object"
    no_token: str = "Token exchange response did not include a valid access_token"
    wrong_token: str = "Token exchange response did not include a valid access_token"
    wrong_type: str = "Token exchange response must use the Bearer token type"
    wrong_life: str = "Token exchange response did not include a valid expires_in"
    no_life: str = (
        "Token exchange response did not include a valid expires_in (Token is unusable after refresh completed)"
    )
    characters: re.Pattern[str] = _SENDABLE
    counts_in_text: bool = False
    fix: str
    fixes: Mapping[str, str]


OPENAI = TokenService(
    fix="check `identity_provider_id`, `service_account_id`, and what that provider expects of the workload's token",
    fixes={},
)
OPENAI_X509 = TokenService(
    wrong_token="X.509 token exchange response did not include a valid Bearer access_token",
    wrong_type="X.509 token exchange response must use the Bearer token type",
    wrong_life="X.509 token exchange response did not include a positive, finite expires_in",
    no_life="X.509 token exchange response did not include a positive, finite expires_in",
    characters=_BEARER,
    fix="check `identity_provider_id`, `service_account_id`, and that the provider trusts the client certificate",
    fixes={},
)


def exchange_request(
    url: str, *, identity_provider_id: str, service_account_id: str, token_type: str, token: Secret | None = None
) -> TokenRequest:
    """A request for OpenAI's token. `token_type` is the URN of what proves who calls; a certificate has no `token`.

    A URL without a path gets that of OpenAI's own exchange.
    """
    place = url if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}/oauth/token"
    proof = {} if token is None else {"subject_token": token.reveal()}
    body = {
        "grant_type": _GRANT_TYPE,
        **proof,
        "subject_token_type": token_type,
        "identity_provider_id": identity_provider_id,
        "service_account_id": service_account_id,
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return TokenRequest(method="POST", url=place, headers=headers, body=json.dumps(body).encode())


def token_of(response: TokenResponse, *, url: str, service: TokenService, hidden: Iterable[Secret] = ()) -> Token:
    """The token that an answer from `url` holds. Raises TokenExchangeFailed, and TokenExchangeRefused for a refusal.

    `hidden` are what was sent to prove who calls: an error never repeats it, though the service may.
    """
    answer = _Answer(response, url=url, service=service, hidden=[secret.reveal() for secret in hidden])
    if response.status in _REFUSALS:
        raise answer.refusal()
    if not 200 <= response.status < 300:
        raise answer.failure()
    return answer.token()


def json_of(body: bytes) -> Any:
    """The JSON that a body is; None for anything else. Whole numbers are read as floats, however long they are."""
    try:
        return json.loads(body, parse_int=float)
    except (ValueError, RecursionError):
        return None


class _Answer:
    """One answer, judged by what its service promises."""

    def __init__(self, response: TokenResponse, *, url: str, service: TokenService, hidden: Iterable[str]) -> None:
        self._status = response.status
        self._body = response.body
        self._origin = origin_of(url)
        self._service = service
        self._hidden = [text for text in hidden if text]
        self._document = json_of(response.body)

    def token(self) -> Token:
        service = self._service
        if not self._body.strip():
            raise self._failed(service.empty)
        if not isinstance(self._document, dict):
            page = f" ({self._page})" if self._page else ""
            raise self._failed(service.no_object + page)
        token, kind = self._document.get("access_token"), self._document.get("token_type", "Bearer")
        if not isinstance(token, str) or not token:
            raise self._failed(service.no_token)
        expires_in = self._life(self._document.get("expires_in"))
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise self._failed(service.wrong_type)
        if not service.characters.fullmatch(token):
            raise self._failed(service.wrong_token)
        return Token(value=Secret(token), expires_in=expires_in)

    def refusal(self) -> TokenExchangeRefused:
        code = self._error_code()
        fix = self._service.fixes.get(code or "", self._service.fix)
        message = self._shown(_text(self._document, "error_description")) or self._refused()
        return TokenExchangeRefused(message, origin=self._origin, status=self._status, error_code=code, fix=fix)

    def _refused(self) -> str:
        """The sentence for a service that says nothing in OAuth's words, with what it says in others."""
        said = self._shown(_text(self._document, "error", "message", "detail")) or self._page
        if self._error_code():
            return self._service.refused
        words = f": {said}" if said else ""
        return f"{self._service.refused} (status {self._status}{words})"

    @property
    def _page(self) -> str | None:
        """What a web page says, where a proxy or a portal answers with one."""
        text = self._body.decode(errors="replace")
        said = self._shown(page_text(text)) if is_web_page(text) else None
        return f"a web page says {said}" if said else None

    def failure(self) -> TokenExchangeFailed:
        said = self._shown(_text(self._document, "error_description", "message", "error", "detail")) or self._page
        fix = "redirects are not followed, so the URL must be the one that they lead to" if self._redirects else ""
        words = f": {said}" if said else ""
        return self._failed(f"{self._service.failed} with status {self._status}{words}", fix=fix)

    @property
    def _redirects(self) -> bool:
        return 300 <= self._status < 400

    def _failed(self, message: str, *, fix: str = "") -> TokenExchangeFailed:
        code = None if 200 <= self._status < 300 else self._error_code()
        return TokenExchangeFailed(message, origin=self._origin, status=self._status, error_code=code, fix=fix)

    def _life(self, value: object) -> float:
        if self._service.counts_in_text and isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._failed(self._service.wrong_life)
        if value <= 0:
            raise self._failed(self._service.no_life)
        return float(value)

    def _error_code(self) -> str | None:
        code = self._document.get("error") if isinstance(self._document, dict) else None
        if not isinstance(code, str) or not _ERROR_CODE.fullmatch(code) or self._shown(code) != code:
            return None
        return code

    def _shown(self, words: str | None) -> str | None:
        """The first line of the service's words, without what was sent to it; None if nothing is left to show."""
        if words is None or words.strip() in self._hidden:
            return None
        for spelled in (spelled for secret in self._hidden for spelled in _spellings(secret)):
            words = words.replace(spelled, "***")
        line = safe_text(_FIRST_LINE.split(words.strip(), maxsplit=1)[0], limit=_WORDS_LIMIT)
        return None if not line or holds_a_key(line) else line


def _spellings(secret: str) -> list[str]:
    """How a service may repeat a text: as it is, as JSON has it, and as a URL or a form does."""
    spelled = [secret, json.dumps(secret)[1:-1], quote(secret, safe="", errors="replace")]
    return [text for text in [*spelled, quote_plus(secret, errors="replace")] if len(text) >= _SHORTEST_HIDDEN]


def _text(document: object, *names: str) -> str | None:
    """The first text with one of these names, or as the `message` of an object with one of them."""
    if not isinstance(document, dict):
        return None
    for name in names:
        value = document.get(name)
        text = _text(value, "message") if isinstance(value, dict) else value
        if isinstance(text, str) and text.strip():
            return text
    return None
