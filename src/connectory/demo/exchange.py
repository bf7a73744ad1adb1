"""The local exchange: a workload's own token for one that the demo's service takes, for a few minutes (RFC 8693).

Source of the request: openai 3.54, `auth/_workload.py`.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectory.demo.loopback import LoopbackHandler, LoopbackServer, Refused
from connectory.secret import Secret

LIFETIME = 300.0
"""Seconds that a token is good for."""

_PATH = "/oauth/token"
_NO_BUSINESS = ("Authorization", "Proxy-Authorization", "Cookie", "api-key", "x-api-key")
"""Headers by which another service's credential would reach this one."""


def _new_token() -> Secret:
    return Secret(secrets.token_urlsafe(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Who may exchange a token: the ids as the exchange knows them, and the token that its platform gave it."""

    identity_provider_id: str = "idp_demo"
    service_account_id: str = "sa_demo"
    token: Secret = field(default_factory=_new_token)


class Exchange(LoopbackServer):
    """Takes at `url` what a workload sends, to the letter, and gives it a token for `lifetime` seconds of `clock`."""

    def __init__(
        self, workload: Workload, *, lifetime: float = LIFETIME, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(_Request)
        self.url = f"{self.origin}{_PATH}"
        self.workload = workload
        self.lifetime = lifetime
        self._clock = clock
        self._issued: list[tuple[Secret, float]] = []

    def count(self) -> int:
        """How many tokens were given so far."""
        return len(self._issued)

    def issue(self) -> Secret:
        token = _new_token()
        self._issued.append((token, self._clock() + self.lifetime))
        return token

    def vouches_for(self, token: str) -> bool:
        """Whether it is one of ours, and has not expired."""
        now = self._clock()
        return any(now < expires and _same(token, issued) for issued, expires in self._issued)


class _Request(LoopbackHandler):
    server: Exchange

    def handled(self, body: bytes) -> None:
        self._check_head()
        self._check(_object(body))
        token = self.server.issue()
        self.answer_json(
            200,
            {
                "access_token": token.reveal(),
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                "token_type": "Bearer",
                "expires_in": self.server.lifetime,
            },
        )

    def _check_head(self) -> None:
        if (self.command, self.path) != ("POST", _PATH):
            raise _refused("invalid_request", f"only POST {_PATH} is answered here", status=404)
        if self.headers.get_content_type() != "application/json":
            raise _refused("invalid_request", "the content type is not application/json")
        if sent := [name for name in _NO_BUSINESS if name in self.headers]:
            raise _refused("invalid_request", f"the header {sent[0]} has no business here")

    def _check(self, asked: Mapping[str, Any]) -> None:
        workload = self.server.workload
        expected = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "identity_provider_id": workload.identity_provider_id,
            "service_account_id": workload.service_account_id,
        }
        if asked.keys() != {*expected, "subject_token"}:
            raise _refused("invalid_request", f"the members are not {', '.join(expected)} and subject_token")
        for name, value in expected.items():
            if asked[name] != value:
                raise _refused("invalid_request", f"{name} is not {value}")
        given = asked["subject_token"]
        if not isinstance(given, str) or not _same(given, workload.token):
            raise _refused("invalid_grant", "the subject token is not that of the workload")


def _same(given: str, secret: Secret) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogatepass"), secret.reveal().encode())


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise _refused("invalid_request", "the body is no JSON object")
    return asked


def _refused(code: str, description: str, *, status: int = 400) -> Refused:
    return Refused(status, {"error": code, "error_description": description})
