"""Airflow's words: the OpenAI connection of Apache Airflow, with the keys of ours that may stand in its `extra`.

Source: apache-airflow-providers-openai 2.2.0, `connections.rst` and `hooks/openai.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectory.connection import Connection
from connectory.credentials import DEFAULT_KIND
from connectory.dialects import own
from connectory.dialects.airflow_identity import refusal
from connectory.dialects.airflow_url import url_of, warnings_of
from connectory.dialects.airflow_value import NO_URI, AirflowFields, from_mapping, parse
from connectory.dialects.certificate_rules import stands_for_a_key
from connectory.dialects.flat_names import AUTH_TYPE, FlatCredential, all_names, belongs_elsewhere
from connectory.dialects.json_text import from_json
from connectory.dialects.plain_values import Gathering, Wrong, is_given
from connectory.dialects.words import choose, key_of, nearest
from connectory.errors import DocumentError, Problem

DEFAULT_ID = "openai_default"
CONNECTION_TYPES = ("openai", "connectory")

_OURS = {
    "provider": "provider",
    "model": "model",
    "endpoint": "endpoint",
    "headers": "headers",
    "labels": "labels",
    "azure_api_version": "azure.api_version",
    "azure_deployments": "azure.deployments",
    "openai_client_kwargs": "client",
}
"""Keys of `extra` and where they stand in our document."""

_OBJECTS = ("headers", "labels", "azure_deployments", "openai_client_kwargs")
"""Keys of `extra` that hold objects; a URI can only give them as JSON text."""

_NETWORK = {
    "proxy": "network.proxy",
    "ca": "tls.ca",
    "ca_mode": "tls.ca_mode",
    "verification_mode": "tls.verification",
    "client_certificate": "tls.certificate",
    "client_key": "tls.private_key",
}
"""Keys of `extra` that say how the service is reached."""

_NO_KEY = (
    "the connection has no API key: set its password (in a URI `openai://:KEY@HOST`, with the `@`), "
    "or `auth_type` in `extra` to `none` for a service that asks for none"
)

_OTHER_CREDENTIAL = "is left alone: `auth_type` asks for another credential"
_OVERRIDDEN = "is left alone: `workload_identity` in `openai_client_kwargs` wins"

_UNREAD = {"kind": DEFAULT_KIND, "api_key": "may stand in what could not be read"}
"""In place of a credential that has had its problem: no rule has anything against it."""

_PATHS = {
    "url": "host",
    "credential": "extra",
    "credential.api_key": "password",
    **{place: f"extra.{key}" for key, place in (_OURS | _NETWORK).items()},
}


def read(id: str, value: str | Mapping[str, Any], *, space: str = "default", source: str = "") -> Connection:
    """The connection that an Airflow value (URI text, JSON text, or an object) describes. Raises DocumentError."""
    kept = Gathering()
    fields = kept.read("", _parsed, value) if isinstance(value, str) else from_mapping(value)
    if fields is None:
        raise DocumentError(own.subject(id, source), kept.problems)
    translation = _Translation(id, fields)
    try:
        return own.read(
            id,
            translation.document,
            space=space,
            source=source,
            paths=_PATHS | translation.paths,
            problems=translation.problems,
            warnings=tuple(translation.warnings()),
        )
    except DocumentError as error:
        slips = [found for found in translation.unknown() if "did you mean" in found.message]
        problems = [*error.problems, *slips]
    raise DocumentError(own.subject(id, source), problems)


def is_other_type(text: str) -> bool:
    """Whether the text of a connection is of a type that has nothing to do with OpenAI (`postgres`, `http`, ...).

    One that names no type, or that cannot be read, may be ours.
    """
    is_json = text.lstrip().startswith("{")
    fields = Gathering().read("", parse, text)
    if fields is None:
        return not is_json and not text.lstrip().startswith(CONNECTION_TYPES)
    return fields.conn_type not in CONNECTION_TYPES and not (is_json and not fields.conn_type)


def _parsed(text: str) -> AirflowFields:
    """Airflow takes any text for a URI and then finds no key in it; we say so."""
    fields = parse(text)
    if not fields.conn_type and not text.lstrip().startswith("{"):
        raise Wrong.because(NO_URI)
    return fields


class _Translation(Gathering):
    """One Airflow connection on its way into our document."""

    def __init__(self, id: str, fields: AirflowFields) -> None:
        super().__init__()
        self.problems += fields.problems
        self.fields = fields
        self.extra = {key: value for key, value in fields.extra.items() if is_given(value)}
        self.kind = self.extra.get(AUTH_TYPE, DEFAULT_KIND)
        self.left_alone: list[Problem] = []
        self.document: dict[str, Any] = {"description": fields.description, "url": url_of(fields)}
        self._ours()
        self.flat = FlatCredential(self.kind, self.extra, self, at=lambda key: f"extra.{key}")
        self.paths = self.flat.paths
        self._credential(id)

    def warnings(self) -> Iterator[Problem]:
        if self.fields.conn_type and self.fields.conn_type not in CONNECTION_TYPES:
            used = self.kind == DEFAULT_KIND and self.fields.password and not self._client_brings_it()
            password = "; its password is used as the API key" if used else ""
            yield Problem("conn_type", f"is no type that speaks to OpenAI{password}")
        yield from warnings_of(self.fields)
        yield from self.left_alone
        yield from self.unknown()

    def unknown(self) -> Iterator[Problem]:
        """Keys that mean nothing here."""
        for key in self.extra:
            if key not in self._known() and key not in self.flat.names:
                yield Problem(f"extra.{key_of(key)}", self._why_left_alone(key))

    def _why_left_alone(self, key: str) -> str:
        known = [*self._known(), *self.flat.names]
        if key in all_names():
            return f"is left alone: it {belongs_elsewhere(key, self.kind)}"
        names = [*self._known(), *all_names()]
        return f"is no key that is known here, and is left alone{choose(key, names if nearest(key, names) else known)}"

    def _known(self) -> list[str]:
        return [*_OURS, AUTH_TYPE, *_NETWORK]

    def _ours(self) -> None:
        for key, place in (_OURS | _NETWORK).items():
            if key not in self.extra:
                continue
            section, _, name = place.partition(".")
            value = self.read(f"extra.{key}", _object, self.extra[key]) if key in _OBJECTS else self.extra[key]
            if name:
                self.document.setdefault(section, {})[name] = value
            else:
                self.document[section] = value

    def _credential(self, id: str) -> None:
        self.document["credential"] = self.flat.document
        if problem := refusal(id, self.extra, overridden=self._client_gives("workload_identity")):
            self.problems.append(problem)
            self.document["credential"] = _UNREAD
        elif self.kind == DEFAULT_KIND:
            self._key()
        if self.kind != DEFAULT_KIND and self._client_gives("api_key"):
            self.document["client"] = {**self.document["client"], "api_key": None}
            self.left_alone.append(Problem("extra.openai_client_kwargs.api_key", _OTHER_CREDENTIAL))
        if self._client_gives("workload_identity"):
            beside = [*(["password"] if self.fields.password else []), *(f"extra.{key}" for key in self._flat_keys())]
            self.left_alone += [Problem(place, _OVERRIDDEN) for place in beside]
        elif self.fields.password and self.kind != DEFAULT_KIND:
            self.left_alone.append(Problem("password", _OTHER_CREDENTIAL))

    def _flat_keys(self) -> list[str]:
        return [key for key in self.extra if key in self.flat.names]

    def _key(self) -> None:
        if self.fields.password:
            self.document["credential"] = {"kind": DEFAULT_KIND, "api_key": self.fields.password}
        elif self._is_unread():
            self.document["credential"] = _UNREAD
        elif not self._client_brings_it() and not stands_for_a_key(self.document):
            self.problem("password", _NO_KEY)

    def _is_unread(self) -> bool:
        places = {"extra", "extra.openai_client_kwargs", "password", "uri"}
        return bool(places & {problem.path for problem in self.problems})

    def _client_brings_it(self) -> bool:
        return self._client_gives("api_key") or self._client_gives("workload_identity")

    def _client_gives(self, name: str) -> bool:
        client = self.document.get("client")
        return isinstance(client, Mapping) and is_given(client.get(name))


def _object(value: Any) -> Any:
    """An object, which in a URI is JSON text; an empty list counts as an empty object, as for Apache's hook."""
    value = from_json(value) if isinstance(value, str) else value
    return {} if value == [] else value
