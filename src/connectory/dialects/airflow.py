"""Airflow's words: the OpenAI connection of Apache Airflow, with the keys of ours that may stand in its `extra`.

Source: apache-airflow-providers-openai 2.2.0, `connections.rst` and `hooks/openai.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectory.connection import Connection
from connectory.credentials import DEFAULT_KIND
from connectory.dialects import own
from connectory.dialects.airflow_url import url_of, warnings_of
from connectory.dialects.airflow_value import NO_URI, AirflowFields, from_mapping, parse
from connectory.dialects.json_text import from_json
from connectory.dialects.plain_values import Gathering, Wrong, is_given
from connectory.dialects.words import NOT_YET, choose, key_of
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
"""Keys of `extra` that say how the service is reached. To leave one alone would send requests another way."""

_IDENTITY = frozenset(
    {
        *("workload_identity_provider", "identity_provider_id", "service_account_id", "token_file_path", "resource"),
        *("client_id", "object_id", "msi_res_id", "api_version", "audience", "token_provider", "token_type"),
        *("refresh_buffer_seconds", "entra_tenant_id", "entra_client_id", "entra_client_secret"),
        *("entra_client_certificate", "entra_managed_identity", "entra_scope", "entra_authority"),
    }
)
"""Keys of `extra` that belong to other values of `auth_type`; Apache's hook leaves them alone beside an API key."""

_NO_KEY = (
    "the connection has no API key: set its password (in a URI `openai://:KEY@HOST`, with the `@`), "
    "or `auth_type` in `extra` to `none` for a service that asks for none"
)

_PATHS = {
    "url": "host",
    "credential": "extra",
    "credential.kind": "extra.auth_type",
    "credential.api_key": "password",
    **{place: f"extra.{key}" for key, place in (_OURS | _NETWORK).items()},
}


def read(id: str, value: str | Mapping[str, Any], *, space: str = "default", source: str = "") -> Connection:
    """The connection that an Airflow value (URI text, JSON text, or an object) describes. Raises DocumentError."""
    kept = Gathering()
    fields = kept.read("", _parsed, value) if isinstance(value, str) else from_mapping(value)
    if fields is None:
        raise DocumentError(own.subject(id, source), kept.problems)
    translation = _Translation(fields)
    return own.read(
        id,
        translation.document,
        space=space,
        source=source,
        paths=_PATHS,
        problems=translation.problems,
        warnings=tuple(translation.warnings()),
    )


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

    def __init__(self, fields: AirflowFields) -> None:
        super().__init__()
        self.problems += fields.problems
        self.fields = fields
        self.extra = {key: value for key, value in fields.extra.items() if is_given(value)}
        self.kind = self.extra.get("auth_type", DEFAULT_KIND)
        self.document: dict[str, Any] = {"description": fields.description, "url": url_of(fields)}
        self._ours()
        self._network()
        self._credential()

    def warnings(self) -> Iterator[Problem]:
        if self.fields.conn_type and self.fields.conn_type not in CONNECTION_TYPES:
            used = self.kind == DEFAULT_KIND and self.fields.password and not self._client_brings_it()
            password = "; its password is used as the API key" if used else ""
            yield Problem("conn_type", f"is no type that speaks to OpenAI{password}")
        yield from warnings_of(self.fields)
        if self.fields.password and self.kind != DEFAULT_KIND:
            yield Problem("password", "is left alone: `auth_type` asks for another credential")
        known = [*_OURS, "auth_type", *_NETWORK, *_IDENTITY]
        for key in self.extra:
            if key in _IDENTITY:
                yield Problem(f"extra.{key}", "is left alone: it belongs to another `auth_type`")
            elif key not in known:
                yield Problem(
                    f"extra.{key_of(key)}", f"is no key that is known here, and is left alone{choose(key, known)}"
                )

    def _ours(self) -> None:
        for key, place in _OURS.items():
            if key not in self.extra:
                continue
            section, _, name = place.partition(".")
            value = self.read(f"extra.{key}", _object, self.extra[key]) if key in _OBJECTS else self.extra[key]
            if name:
                self.document.setdefault(section, {})[name] = value
            else:
                self.document[section] = value

    def _network(self) -> None:
        for key in _NETWORK:
            if key in self.extra:
                self.problem(f"extra.{key}", NOT_YET)

    def _credential(self) -> None:
        credential = self.document["credential"] = {"kind": self.kind}
        if self.kind != DEFAULT_KIND:
            return
        if self.fields.password:
            credential["api_key"] = self.fields.password
        elif self._is_unread():
            credential["api_key"] = "may stand in what could not be read"
        elif not self._client_brings_it():
            self.problem("password", _NO_KEY)

    def _is_unread(self) -> bool:
        places = {"extra", "extra.openai_client_kwargs", "password", "uri"}
        return bool(places & {problem.path for problem in self.problems})

    def _client_brings_it(self) -> bool:
        client = self.document.get("client")
        names = ("api_key", "workload_identity")
        return isinstance(client, Mapping) and any(is_given(client.get(name)) for name in names)


def _object(value: Any) -> Any:
    """An object, which in a URI is JSON text; an empty list counts as an empty object, as for Apache's hook."""
    value = from_json(value) if isinstance(value, str) else value
    return {} if value == [] else value
