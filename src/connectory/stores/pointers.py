"""The place of a secret as one text: a JSON pointer (RFC 6901), in which `~2` stands for NUL: no database has that."""

from __future__ import annotations

from connectory.dialects.kept import Place


def pointer_of(place: Place) -> str:
    return "".join("/" + key.replace("~", "~0").replace("/", "~1").replace("\0", "~2") for key in place)


def place_of(pointer: str) -> Place:
    return tuple(key.replace("~2", "\0").replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:])
