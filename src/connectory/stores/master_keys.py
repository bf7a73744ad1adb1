"""Master keys: what the secrets of a store are sealed with, and where they are kept.

They come from the variable `CONNECTORY_MASTER_KEYS` (base64 of 32 bytes each, newest first, commas between them), or
else from the file `master.key` in the home. Rotation gives a new newest key; the older ones open what they sealed.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from connectory.errors import StoreUnavailable
from connectory.stores.key_file import KeyFile

VARIABLE = "CONNECTORY_MASTER_KEYS"
KEY_SIZE = 32
"""Bytes."""


class MasterKey:
    """32 secret bytes. `id` is 8 hex digits that tell it from others; it does not lead back to the key."""

    __slots__ = ("_key", "id")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.id = self.derived("key id", size=4).hex()

    @classmethod
    def new(cls) -> MasterKey:
        return cls(os.urandom(KEY_SIZE))

    @classmethod
    def read(cls, text: str, *, at: str) -> MasterKey:
        """The key that base64 text holds. Raises StoreUnavailable, which says `at` where, and never repeats it."""
        key = _decoded(text)
        if key is None:
            reason = "is no base64"
        elif len(key) != KEY_SIZE:
            reason = f"has {len(key)} bytes"
        elif len(set(key)) == 1:
            reason = "is one byte over and over, which anybody can guess"
        else:
            return cls(key)
        raise StoreUnavailable(f"The master key at {at} cannot be used: it {reason}. {_HOW_TO_MAKE_ONE}")

    def text(self) -> str:
        """The key in base64, as its places hold it."""
        return base64.b64encode(self._key).decode()

    def derived(self, purpose: str, *, size: int = KEY_SIZE) -> bytes:
        """A key for one purpose (HKDF-SHA256, RFC 5869): what is made with it says nothing of the others."""
        info = f"connectory {purpose}".encode()
        return HKDF(algorithm=SHA256(), length=size, salt=None, info=info).derive(self._key)

    def __repr__(self) -> str:
        return f"MasterKey({self.id})"


_HOW_TO_MAKE_ONE = "A master key is base64 of 32 random bytes: `openssl rand -base64 32` makes one."


class KeyPlace(Protocol):
    """Where master keys are kept."""

    @property
    def fixed(self) -> bool:
        """Whether keys can be added by their author only."""
        ...

    @property
    def name(self) -> str:
        """The place in messages."""
        ...

    def texts(self) -> Sequence[tuple[str, str]]:
        """Where each key stands, and its text; newest first."""
        ...

    def add(self, text: str, *, first: bool) -> None:
        """Puts a newest key there. With `first` another that is there already stays the only one."""
        ...


class KeyRing:
    """The master keys of one place, newest first. They are read when they are needed, and again when they changed.

    Every method raises StoreUnavailable where a key cannot be used.
    """

    def __init__(self, place: KeyPlace) -> None:
        self._place = place
        self._texts: Sequence[tuple[str, str]] = ()
        self._keys: tuple[MasterKey, ...] = ()

    @classmethod
    def of_environment(cls, environ: Mapping[str, str], home: Path) -> KeyRing:
        """The keys that the variable holds, or else those of the file in the home."""
        value = environ.get(VARIABLE)
        return cls(KeyVariable(value) if value else KeyFile(home / "master.key"))

    @classmethod
    def of(cls, *keys: MasterKey) -> KeyRing:
        """These keys, newest first."""
        return cls(KeyVariable(",".join(key.text() for key in keys)))

    @property
    def place(self) -> str:
        """Where the keys are, for messages."""
        return self._place.name

    @property
    def fixed(self) -> bool:
        """Whether keys can be added by their author only."""
        return self._place.fixed

    def all(self) -> tuple[MasterKey, ...]:
        """Every key, newest first; none if there is no file yet."""
        texts = self._place.texts()
        if texts != self._texts:
            self._keys = _read(texts, self.place)
            self._texts = texts
        return self._keys

    def newest(self) -> MasterKey:
        """The key to seal with, which is made if there is none yet."""
        if not self.all():
            self._place.add(MasterKey.new().text(), first=True)
        if not self.all():
            raise StoreUnavailable(f"There is no master key in {self.place}: put one there, or take the file away.")
        return self.all()[0]

    def find(self, id: str) -> MasterKey | None:
        """The key of this id. One that is not known is looked for anew: somebody else may have added it."""
        known = next((key for key in self._keys if key.id == id), None)
        return known or next((key for key in self.all() if key.id == id), None)

    def add_key(self) -> MasterKey:
        """Makes a new newest key and keeps it beside the others."""
        key = MasterKey.new()
        self._place.add(key.text(), first=False)
        return key


class KeyVariable:
    """Master keys in the value of an environment variable, which only its author can change."""

    name = f"the variable {VARIABLE}"
    fixed = True

    def __init__(self, value: str) -> None:
        texts = enumerate(value.split(","), 1) if value else ()
        self._texts = [(f"place {at} of {VARIABLE}", text.strip()) for at, text in texts]

    def texts(self) -> Sequence[tuple[str, str]]:
        return self._texts

    def add(self, text: str, *, first: bool) -> None:
        raise StoreUnavailable(
            f"The master keys are kept in {VARIABLE}, which cannot be changed here: put a new key before the others "
            f"there. {_HOW_TO_MAKE_ONE}"
        )


def _read(texts: Iterable[tuple[str, str]], place: str) -> tuple[MasterKey, ...]:
    keys = tuple(MasterKey.read(text, at=at) for at, text in texts)
    twice = [id for id, count in Counter(key.id for key in keys).items() if count > 1]
    if twice:
        raise StoreUnavailable(f"The master key {twice[0]} stands twice in {place}: take one of them away.")
    return keys


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
