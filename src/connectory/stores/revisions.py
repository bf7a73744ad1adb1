"""Revisions: what differs between two, and which changes are refused because somebody else was faster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectory.dialects.kept import Place
from connectory.errors import ConnectionExists, ConnectionNotFound, StaleRevision, StoreRefused
from connectory.secret import Secret, SecretSource
from connectory.stores.protocol import Change, ChangeKind, Draft, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A change that somebody wants to make in the store at `place`: from which revision (None: see Store), who, and
    when (seconds since 1970). `history` of the connection is asked only where it is needed.
    """

    expected: int | None
    by: str
    at: float
    place: str
    history: Callable[[], Sequence[Change]]

    def change(self, kind: ChangeKind) -> Change:
        """The change to the revision after all that were."""
        history = self.history()
        return Change(history[-1].revision + 1 if history else 1, self.at, self.by, kind)


def saving(draft: Draft, before: Record | None, attempt: Attempt) -> Change:
    """The change that a save makes; one to the revision that is there already changes nothing.

    Raises what `Store.save` does.
    """
    if attempt.expected is not None:
        _refuse_stale(draft.id, before, attempt)
    elif before is not None:
        raise ConnectionExists(draft.id, space=draft.space)
    _refuse_copies(draft, before.secrets if before else {})
    if before is None:
        return attempt.change(ChangeKind.ADDED)
    changed = changed_paths(before, draft)
    return Change(before.revision + bool(changed), attempt.at, attempt.by, ChangeKind.CHANGED, changed)


def removing(id: str, before: Record | None, attempt: Attempt) -> Change:
    """The change that a removal makes. Raises what `Store.remove` does."""
    _refuse_stale(id, before, attempt)
    return attempt.change(ChangeKind.REMOVED)


def changed_paths(before: Draft, after: Draft) -> tuple[str, ...]:
    """Dotted paths of what differs, in order. A secret that is sealed in `after` is what it was."""
    places = {*_differences(before.document, after.document), *changed_secrets(before.secrets, after.secrets)}
    return tuple(sorted(".".join(place) for place in places))


def changed_secrets(before: Mapping[Place, Secret], after: Mapping[Place, Secret]) -> set[Place]:
    """Places of the secrets that were added, changed or left out."""
    stayed = {place for place in before.keys() & after.keys() if _same(before[place], after[place])}
    return (before.keys() | after.keys()) - stayed


def record_of(draft: Draft, before: Record | None, change: Change, *, notes: tuple[str, ...] = ()) -> Record:
    """What is kept once a draft is saved. What it has as sealed stays what it was."""
    kept = before.secrets if before else {}
    return Record(
        space=draft.space,
        id=draft.id,
        document=draft.document,
        secrets={place: kept[place] if _is_sealed(secret) else secret for place, secret in draft.secrets.items()},
        revision=change.revision,
        created_at=before.created_at if before else change.at,
        updated_at=change.at,
        updated_by=change.by,
        notes=notes,
    )


def _refuse_stale(id: str, before: Record | None, attempt: Attempt) -> None:
    """Raises StaleRevision, or ConnectionNotFound, if a connection is not at the revision that is expected."""
    expected = attempt.expected
    if before is not None and expected in (None, before.revision):
        return
    changes = attempt.history()
    if expected is None or not changes:
        raise ConnectionNotFound(id, looked_in=[attempt.place])
    since = [change for change in changes if change.revision > expected] or changes[-1:]
    raise StaleRevision(
        id,
        expected=expected,
        actual=before.revision if before else None,
        changed_by=since[-1].by,
        changed_at=since[-1].at,
        changed=list(dict.fromkeys(path for change in since for path in change.changed)),
    )


def _refuse_copies(draft: Draft, kept: Mapping[Place, Secret]) -> None:
    """Raises StoreRefused for a sealed secret that is not in the store at its place, and so cannot stay there."""
    for place, secret in draft.secrets.items():
        if _is_sealed(secret) and place not in kept:
            raise StoreRefused(
                f"The secret `{'.'.join(place)}` of the connection {draft.id!r} cannot be kept: it is sealed, and what "
                "is in it is not known here. Give it again."
            )


def _same(before: Secret, after: Secret) -> bool:
    return _is_sealed(after) or before == after


def _is_sealed(secret: Secret) -> bool:
    return secret.source is SecretSource.SEALED


_ABSENT = object()


def _differences(before: Any, after: Any, place: Place = ()) -> Iterator[Place]:
    """Places at which two documents are not the same, each as far in as both are objects."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in before.keys() | after.keys():
            yield from _differences(before.get(key, _ABSENT), after.get(key, _ABSENT), (*place, str(key)))
    elif before != after or type(before) is not type(after):
        yield place
