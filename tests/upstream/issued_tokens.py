"""The tokens that a service has given out, as a collection that another service can look into."""

import itertools
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issue:
    purpose: str
    expires: float


class IssuedTokens(Collection[str]):
    """Contains a token while it is issued, not expired and not revoked: `OpenAIService(keys=exchange.tokens)`.

    Tokens are `<prefix>1`, `<prefix>2`, ... A clock gives seconds; a test that turns its own need not wait. May be
    used from any thread.
    """

    def __init__(self, prefix: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._prefix = prefix
        self._clock = clock
        self._numbers = itertools.count(1)
        self._issues: dict[str, _Issue] = {}
        self._revoked: set[str] = set()

    def issue(self, purpose: str, *, lifetime: float) -> str:
        """A new token; `lifetime` in seconds."""
        token = f"{self._prefix}{next(self._numbers)}"
        self._issues[token] = _Issue(purpose=purpose, expires=self._clock() + lifetime)
        return token

    def revoke(self, token: str) -> None:
        self._revoked.add(token)

    def revoke_all(self) -> None:
        """Those issued so far; the next one is good again."""
        self._revoked.update(self.issued)

    @property
    def issued(self) -> list[str]:
        """Every token ever issued, oldest first, whatever became of it."""
        return list(self._issues)

    def purpose_of(self, token: str) -> str:
        """The scope, audience, resource or account that it was issued for. Raises KeyError."""
        return self._issues[token].purpose

    def issued_for(self, purpose: str) -> Collection[str]:
        """Only the tokens for one purpose; it goes along as more are issued, expire or are revoked."""
        return _OnePurpose(self, purpose)

    def __contains__(self, token: object) -> bool:
        issue = self._issues.get(token) if isinstance(token, str) else None
        return issue is not None and token not in self._revoked and self._clock() < issue.expires

    def __iter__(self) -> Iterator[str]:
        return iter([token for token in self.issued if token in self])

    def __len__(self) -> int:
        return len(list(iter(self)))


class _OnePurpose(Collection[str]):
    def __init__(self, tokens: IssuedTokens, purpose: str) -> None:
        self._tokens = tokens
        self._purpose = purpose

    def __contains__(self, token: object) -> bool:
        return token in self._tokens and self._tokens.purpose_of(str(token)) == self._purpose

    def __iter__(self) -> Iterator[str]:
        return iter([token for token in self._tokens if token in self])

    def __len__(self) -> int:
        return len(list(iter(self)))
