"""A connection as the fields of an Airflow connection, so that Apache's provider understands of it what it can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectory.connection import Connection, secret_places
from connectory.credentials import DEFAULT_KIND
from connectory.dialects import own
from connectory.dialects.airflow_keys import BESIDE_KEY, CLIENT, PLACES
from connectory.dialects.airflow_leftovers import Leftovers
from connectory.dialects.airflow_translation import APACHES_TYPE
from connectory.dialects.airflow_url import unused, url_of
from connectory.dialects.airflow_value import NAMES, from_mapping
from connectory.dialects.client_identity import X509
from connectory.dialects.flat_names import AUTH_TYPE, SOURCE, names_of
from connectory.dialects.kept import Place, without
from connectory.dialects.words import key_of
from connectory.errors import Problem
from connectory.provider import OPENAI
from connectory.secret import Secret, SecretSource

_KEY: Place = ("credential", "api_key")
_LEFT: Place = ("foreign", "airflow")

_NO_REFERENCE = (
    "is kept in a variable or a file, which the password of an Airflow connection cannot name; put the key itself here"
)
_NO_TEXT = "is kept in a variable or a file, and was Airflow's own text; put the text itself here"
_WHY_NOT = {
    SecretSource.MISSING: "is missing: give it first",
    SecretSource.SEALED: "is sealed with a master key that is not here: add that key first",
}


def unsayable(connection: Connection) -> Iterator[Problem]:
    """The secrets that an Airflow connection cannot hold."""
    for place, secret in secret_places(connection):
        path = ".".join(map(key_of, place))
        if secret.source in _WHY_NOT:
            yield Problem(path, _WHY_NOT[secret.source])
        elif secret.reference and place == _KEY:
            yield Problem(path, _NO_REFERENCE)
        elif secret.reference and place[:2] == _LEFT:
            yield Problem(path, _NO_TEXT)


def public_wording(connection: Connection) -> Wording:
    """The fields without a secret in them, and without Airflow's own leftovers, which may hold some."""
    hidden = [place for place, secret in secret_places(connection) if secret.reference is None]
    document = without(own.write(connection, public=True), [*hidden, _KEY, _LEFT])
    return Wording(connection, document, {})


class Wording:
    """The `fields` of the Airflow connection for a document of ours, and what is wrong with the leftovers in it."""

    def __init__(self, connection: Connection, document: Mapping[str, Any], kept: Mapping[str, Secret]) -> None:
        self.document = document
        self.left = Leftovers(kept)
        self.problems = self.left.problems
        self.found: dict[str, Any] = {"conn_type": APACHES_TYPE, **self.left.fields}
        self.extra: dict[str, Any] = {**self.left.extra, **dict(self._ours())}
        self.client: dict[str, Any] = dict(document.get("client", {}))
        self._url(own.default_url(connection.provider, connection.credential, connection.client.data_residency))
        self._credential(document["credential"])
        if self.left.client_key is not None:
            self.client.setdefault("api_key", self.left.client_key)

    @property
    def fields(self) -> dict[str, Any]:
        extra = {**self.extra, **({CLIENT: self.client} if self.client else {})}
        found = {**self.found, "description": self.document.get("description"), "extra": extra or None}
        return {name: found[name] for name in NAMES if found.get(name) is not None}

    def _ours(self) -> Iterator[tuple[str, Any]]:
        for key, place in PLACES.items():
            section, _, name = place.partition(".")
            value = self.document.get(section)
            value = value.get(name) if name and value else value
            if key == "foreign":
                value = {name: inner for name, inner in (value or {}).items() if name != "airflow"} or None
            if value is not None and key != CLIENT and (key, value) != ("provider", OPENAI.name):
                yield key, value

    def _url(self, default: str | None) -> None:
        """An argument of the client if need be, and nothing where it goes without saying."""
        url = self.document.get("url")
        if url is None or (url == default and "host" not in self.left.fields):
            return
        if self._is_read_from_host(url):
            self.found["host"] = url
        else:
            self.client["base_url"] = url

    def _is_read_from_host(self, url: str) -> bool:
        beside = {name: value for name, value in self.left.fields.items() if name in ("port", "schema")}
        fields = from_mapping({**beside, "host": url})
        return "host" not in self.left.fields and url_of(fields) == url and set(unused(fields)) == beside.keys()

    def _credential(self, credential: Mapping[str, Any]) -> None:
        kind = credential["kind"]
        if kind == DEFAULT_KIND:
            self._key(credential)
        elif self._is_of_the_sdk(credential):
            self.client["workload_identity"] = {**credential, "type": "x509"}
            del self.client["workload_identity"]["kind"]
        else:
            self.extra[AUTH_TYPE] = kind
            self.extra |= dict(_flat(credential))

    def _key(self, credential: Mapping[str, Any]) -> None:
        key = credential.get("api_key")
        if isinstance(key, str) and "password" not in self.left.fields:
            self.found["password"] = key
        elif key is not None:
            self.client["api_key"] = key
        for name in BESIDE_KEY:
            if name in credential:
                self.extra[name] = credential[name]
                self.client.setdefault(name, credential[name])

    def _is_of_the_sdk(self, credential: Mapping[str, Any]) -> bool:
        """Whether the SDK has words for it, which Apache's provider hands on, and the leftovers go with them."""
        clashes = self.left.client_key is not None and AUTH_TYPE not in self.left.extra
        return credential["kind"] == X509 and "exchange_url" not in credential and not clashes


def _flat(credential: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The settings of a credential, and of its source of tokens, by their flat names."""
    kind = credential["kind"]
    source = names_of(kind).get(SOURCE)
    for key, name in names_of(kind, source and _at(credential, source.place)).items():
        value = _at(credential, name.place)
        if value is not None:
            yield key, value


def _at(part: Any, place: Place) -> Any:
    for key in place:
        part = part.get(key) if isinstance(part, Mapping) else None
    return part
