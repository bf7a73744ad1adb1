"""How much a store takes: what is too large is refused by name, what is too many is told."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from connectory.dialects import own
from connectory.errors import StoreRefused
from connectory.secret import SecretSource
from connectory.stores.pointers import pointer_of
from connectory.stores.protocol import Draft
from connectory.stores.searching import labels_of

_SPACE = re.compile(r"[A-Za-z0-9_.-]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, lengths in characters. `connections` of a space is soft: past it a save still works."""

    connections: int = 10_000
    document: int = 1024 * 1024
    secret: int = 1024 * 1024
    name: int = 500

    def admitted(self, draft: Draft) -> Draft:
        """The draft as JSON has it. Raises StoreRefused with the first thing about it that no store can keep."""
        written = json.dumps(draft.document)
        if problem := next(self._problems(draft, len(written)), None):
            raise StoreRefused(f"The connection {draft.id[:200]!r} cannot be kept: {problem}.")
        return dataclasses.replace(draft, document=json.loads(written))

    def notes(self, space: str, connections: int) -> tuple[str, ...]:
        """What to say of a space in which there are so many now."""
        if connections <= self.connections:
            return ()
        return (
            f"There are {connections:,} connections in the space {space!r} now, more than the {self.connections:,} "
            "that a space is made for: lists become slow.",
        )

    def _problems(self, draft: Draft, size: int) -> Iterator[str]:
        if not own.is_id(draft.id):
            yield "no connection can have its id"
        if not _SPACE.fullmatch(draft.space):
            yield "the name of its space is not 1 to 200 of `A-Z a-z 0-9 _ . -`"
        if size > self.document:
            yield f"its document has {size:,} bytes, and {self.document:,} are the limit"
        if any(len(name) > self.name for name in labels_of(draft.document)):
            yield f"one of its labels has a name of more than {self.name:,} characters, which are the limit"
        yield from self._problems_of_secrets(draft)

    def _problems_of_secrets(self, draft: Draft) -> Iterator[str]:
        for place, secret in draft.secrets.items():
            path = ".".join(place)
            if len(pointer_of(place)) > self.name:
                yield f"the path `{path[:50]}…` of a secret has more than {self.name:,} characters, which are the limit"
            elif secret.source not in (SecretSource.TEXT, SecretSource.SEALED):
                yield f"`{path}` is kept elsewhere or missing, and belongs into the document"
            elif secret.at_hand and (size := len(secret.reveal().encode(errors="surrogatepass"))) > self.secret:
                yield f"its secret `{path}` has {size:,} bytes, and {self.secret:,} are the limit"
