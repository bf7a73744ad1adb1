"""Bringing connections into a store: what would happen is known before anything does, and nothing happens twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from connectory.connection import Connection, missing_secrets, secret_places
from connectory.dialects import own
from connectory.dialects.documents import Found
from connectory.dialects.kept import apart, together
from connectory.errors import DocumentError, Problem, StoreRefused
from connectory.keeping.binding import moved
from connectory.secret import Secret
from connectory.stores.connections import connection_of, draft_of
from connectory.stores.protocol import Store


class State(StrEnum):
    """What becomes of a connection that is brought in."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One connection on its way into the store. `revision` is what the store has, None for nothing. `dropped` are the
    secrets that are kept now and that the document does not have, `notes` what the store has for people."""

    id: str
    place: str
    words: str
    state: State
    connection: Connection | None = None
    revision: int | None = None
    problems: tuple[Problem, ...] = ()
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """Paths of the secrets that did not come along and have to be given."""
        return missing_secrets(self.connection) if self.connection else []


def planned(found: Iterable[Found], store: Store | None, *, space: str = "default") -> Iterator[Step]:
    """What becomes of each, before anything is written. Without a store everything is new."""
    seen: dict[str, str] = {}
    for one in found:
        if one.id in seen:
            told = Problem("", f"is left out: {seen[one.id]} holds a connection of this id too, and comes first")
            yield Step(id=one.id, place=one.place, words=one.words, state=State.REFUSED, problems=(told,))
            continue
        seen[one.id] = one.place
        yield _planned(one, store, space)


def carried_out(step: Step, store: Store, *, by: str) -> Step:
    """The step after it was made; refused if the store would not have it. Raises StoreUnavailable."""
    if step.connection is None or step.state in (State.UNCHANGED, State.REFUSED):
        return step
    try:
        record = store.save(draft_of(step.connection), expected=step.revision, by=by)
    except StoreRefused as error:
        return replace(step, state=State.REFUSED, problems=(Problem("", str(error)),))
    return replace(step, notes=record.notes)


def _planned(found: Found, store: Store | None, space: str) -> Step:
    step = Step(id=found.id, place=found.place, words=found.words, state=State.REFUSED)
    try:
        brought = found.read(space)
    except DocumentError as error:
        return replace(step, problems=error.problems)
    record = store.get(found.id, space=space) if store else None
    if store is None or record is None:
        return replace(step, state=State.ADDED, connection=brought)
    try:
        before = connection_of(record, place=store.place)
    except DocumentError:
        return replace(step, state=State.CHANGED, connection=brought, revision=record.revision)
    kept = _with_kept_secrets(brought, before, all_of_them=found.without_secrets)
    state = State.UNCHANGED if draft_of(kept) == draft_of(before) else State.CHANGED
    return replace(step, state=state, connection=kept, revision=record.revision, dropped=_dropped(before, kept))


def _dropped(before: Connection, after: Connection) -> tuple[str, ...]:
    there = {place for place, secret in secret_places(after) if secret != Secret.missing()}
    kept = [place for place, secret in secret_places(before) if secret != Secret.missing()]
    return tuple(".".join(place) for place in kept if place not in there)


def _with_kept_secrets(brought: Connection, before: Connection, *, all_of_them: bool) -> Connection:
    """Secrets that did not come along are those that are kept already, unless they would go elsewhere now."""
    missing = {place for place, secret in secret_places(brought) if secret == Secret.missing()}
    kept = {place: secret for place, secret in secret_places(before) if all_of_them or place in missing}
    document, secrets = apart(brought)
    try:
        whole = own.read(
            brought.id, together(document, {**kept, **secrets}), space=brought.space, source=brought.source
        )
    except DocumentError:  # they do not go with what the connection is now
        return brought
    return brought if moved(before, whole) else whole
