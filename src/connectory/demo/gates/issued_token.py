"""For whoever has a token of the exchange that has not expired."""

from __future__ import annotations

from connectory.demo.exchange import Exchange
from connectory.demo.gate import Asked, Gate
from connectory.demo.openai_errors import refused


class IssuedTokenGate(Gate):
    """No key opens it."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def admit(self, asked: Asked) -> None:
        scheme, _, token = (asked.headers.get("Authorization") or "").partition(" ")
        if scheme != "Bearer" or not self._exchange.vouches_for(token):
            raise refused(401, "The token was not issued here, or it has expired.", code="invalid_token")
