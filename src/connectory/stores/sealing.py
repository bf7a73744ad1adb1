"""Secrets at rest: sealed with a master key, and bound to the very place that they stand in.

A sealed value is one byte that names its layout, 12 random bytes, and AES-256-GCM's text and tag. Its key is derived
from the master key for one purpose; its associated data is its place, so that a value that was moved cannot be opened.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connectory.secret import Secret
from connectory.stores.master_keys import KeyRing, MasterKey

SEALED_COLUMNS: Mapping[tuple[str, str], str] = {("connection_secrets", "sealed"): "connection secrets"}
"""Every column (table, name) that holds sealed values, and the purpose of its key. Rotation goes through these."""

LAYOUT = 1
_NONCE_SIZE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPlace:
    """Where a sealed value stands; `field` is the path of the secret in its document, as a JSON pointer."""

    table: str
    column: str
    space: str
    id: str
    field: str

    def bound(self, key_id: str) -> bytes:
        """The associated data: every part with its length before it, so that no two places give the same bytes."""
        parts = ("connectory", str(LAYOUT), self.table, self.column, self.space, self.id, self.field, key_id)
        encoded = [part.encode(errors="surrogatepass") for part in parts]
        return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


@dataclass(frozen=True, slots=True)
class SealedValue:
    """What is kept of a secret: the sealed bytes, and the id of the master key that opens them."""

    data: bytes
    key_id: str


class Unopenable(StrEnum):
    """Why a sealed value cannot be opened."""

    NO_KEY = "its master key is not here"
    DAMAGED = "it was damaged, or moved from its place"


class Sealer:
    """Seals with the newest key of a ring, and opens with whichever of them it takes.

    Both raise StoreUnavailable where the keys themselves cannot be used.
    """

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys
        self._ciphers: dict[tuple[str, str], AESGCM] = {}

    def seal(self, text: str, place: SealedPlace) -> SealedValue:
        key = self.keys.newest()
        nonce = os.urandom(_NONCE_SIZE)
        data = self._cipher(key, place).encrypt(nonce, text.encode(errors="surrogatepass"), place.bound(key.id))
        return SealedValue(bytes([LAYOUT]) + nonce + data, key.id)

    def open(self, value: SealedValue, place: SealedPlace) -> str | Unopenable:
        """The text, or why it cannot be had."""
        key = self.keys.find(value.key_id)
        if key is None:
            return Unopenable.NO_KEY
        layout, nonce, data = value.data[:1], value.data[1 : _NONCE_SIZE + 1], value.data[_NONCE_SIZE + 1 :]
        if layout != bytes([LAYOUT]) or len(nonce) < _NONCE_SIZE:
            return Unopenable.DAMAGED
        try:
            return self._cipher(key, place).decrypt(nonce, data, place.bound(key.id)).decode(errors="surrogatepass")
        except (InvalidTag, ValueError):
            return Unopenable.DAMAGED

    def secret(self, value: SealedValue, place: SealedPlace) -> Secret:
        """The secret, which stays sealed if it cannot be opened."""
        text = self.open(value, place)
        return Secret.sealed(value.key_id) if isinstance(text, Unopenable) else Secret(text)

    def _cipher(self, key: MasterKey, place: SealedPlace) -> AESGCM:
        purpose = SEALED_COLUMNS[place.table, place.column]
        cipher = self._ciphers.get((key.id, purpose))
        if cipher is None:
            cipher = self._ciphers[key.id, purpose] = AESGCM(key.derived(purpose))
        return cipher
