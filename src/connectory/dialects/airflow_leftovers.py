"""What an Airflow connection says that means nothing here: kept by where it stood, as JSON text, and put back there.

A field stands under its name (`login`), a key of `extra` under `extra.KEY`, and the key that a client would have had
under `extra.openai_client_kwargs.api_key`. Keys of `extra` that are no plain words (`a.b`, the empty one, what may be a
secret in the wrong place) stand together in one object under `extra`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from connectory.dialects.airflow_keys import CLIENT
from connectory.dialects.json_text import from_json
from connectory.dialects.plain_values import Gathering, Wrong, an_object
from connectory.dialects.words import key_of
from connectory.secret import Secret, may_be_a_key

EXTRA = "extra"
CLIENT_KEY = f"extra.{CLIENT}.api_key"
FIELDS = ("conn_type", "login", "password", "host", "port", "schema", "team_name")

_PLAIN = re.compile(r"[\w-]{1,64}")


def in_extra(keys: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Keys of `extra` by the places that they are kept under."""
    strange = {}
    for key, value in keys.items():
        if isinstance(key, str) and _PLAIN.fullmatch(key) and not may_be_a_key(key):
            yield f"{EXTRA}.{key}", value
        else:
            strange[key] = value
    if strange:
        yield EXTRA, strange


def as_json(value: Any) -> Secret:
    """A value as it is kept. Raises Wrong for one that JSON cannot hold."""
    try:
        return Secret(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        pass
    raise Wrong.because("must be made of what JSON can hold")


class Leftovers(Gathering):
    """What is kept, by its place: values of `fields`, keys of `extra`, and the `client_key` (None: there is none)."""

    def __init__(self, kept: Mapping[str, Secret]) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self.extra: dict[str, Any] = {}
        self.client_key: Any = None
        for place, secret in kept.items():
            if secret.at_hand:
                path = f"foreign.airflow.{key_of(place)}"
                self.read(path, partial(self._put, place), secret.reveal())

    def _put(self, place: str, text: str) -> None:
        value, key = from_json(text), place.removeprefix(f"{EXTRA}.")
        if place == EXTRA:
            self.extra |= an_object(value)
        elif place == CLIENT_KEY:
            self.client_key = value
        elif place in FIELDS:
            self.fields[place] = value
        elif key != place and _PLAIN.fullmatch(key):
            self.extra[key] = value
        else:
            raise Wrong.because("is no place in an Airflow connection")
