"""What every service that gives out tokens is: a strict reading of the request, a script, and the tokens issued."""

import time
from collections.abc import Callable

from tests.upstream.hold import Hold
from tests.upstream.issued_tokens import IssuedTokens
from tests.upstream.messages import Answer, Received
from tests.upstream.openai_errors import Refused
from tests.upstream.scripted import Entry


class TokenService:
    """Base of the token services; an app for `running`.

    A request that is wrong in any way is refused, whatever the script says. One that is right takes the next entry of
    `script` (see `scripted.py`), or else `always` when that is set, or else the good answer with a new token.
    `expires_in` is the lifetime in seconds of the tokens to come. The requests are counted by `upstream.requests`.
    """

    def __init__(self, prefix: str, *, expires_in: float = 3600, clock: Callable[[], float] = time.monotonic) -> None:
        self.script: list[Entry] = []
        self.always: Entry | None = None
        self.expires_in = expires_in
        self.tokens = IssuedTokens(prefix, clock=clock)

    def revoke(self, token: str) -> None:
        self.tokens.revoke(token)

    def revoke_all(self) -> None:
        self.tokens.revoke_all()

    async def __call__(self, request: Received) -> Answer:
        try:
            purpose = self.check(request)
        except Refused as refused:
            return refused.answer
        entry = self.script.pop(0) if self.script else self.always
        if isinstance(entry, Hold):
            await entry.passed()
            entry = entry.then
        if isinstance(entry, Answer):
            return entry
        good = self.answer(self.tokens.issue(purpose, lifetime=self.expires_in), purpose)
        return good if entry is None else entry(good)

    def check(self, request: Received) -> str:
        """What a token is asked for. Raises Refused."""
        raise NotImplementedError

    def answer(self, token: str, purpose: str) -> Answer:
        """The good answer."""
        raise NotImplementedError
