"""Elastic's words: the `.gen-ai` connector of Kibana, as its API and `xpack.actions.preconfigured` write it.

Source: https://www.elastic.co/docs/reference/kibana/connectors-kibana/openai-action-type
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from connectory.connection import Connection
from connectory.dialects import own
from connectory.dialects.dotted import section
from connectory.dialects.model_table import shipped_default_model
from connectory.dialects.plain_values import Gathering, Wrong, a_boolean, a_number, an_object, is_given
from connectory.dialects.rules import url_reason
from connectory.dialects.secret_values import read_headers
from connectory.dialects.words import NOT_YET, a_kind_of, below, choose, key_of, listed, may_be_a_key, refused
from connectory.errors import DocumentError, Problem
from connectory.provider import AZURE, OPENAI, OTHER, Provider, named_endpoint, on_the_wire
from connectory.secret import Secret

CONNECTOR_TYPE = ".gen-ai"

_PROVIDERS: Mapping[str, Provider] = {"OpenAI": OPENAI, "Azure OpenAI": AZURE, "Other": OTHER}
_ENTRY_KEYS = ("name", "actionTypeId", "config", "secrets", "exposeConfig")
_CONFIG = {
    "apiUrl": "url",
    "defaultModel": "model",
    "headers": "headers",
    "organizationId": "credential.organization",
    "projectId": "credential.project",
}
"""Keys of `config` and where they stand in our document."""
_ONLY_FOR = {
    "organizationId": "OpenAI",
    "projectId": "OpenAI",
    "verificationMode": "Other",
    "enableNativeFunctionCalling": "Other",
}
_PKI = ("certificateData", "privateKeyData", "caData")
"""Keys of `secrets` for a client certificate, which goes with the provider `Other` only."""
_SECRETS = ("apiKey", "secretHeaders", *_PKI)
_PATHS = {
    **{place: f"config.{key}" for key, place in _CONFIG.items()},
    "provider": "config.apiProvider",
    "endpoint": "config.apiUrl",
    "azure.api_version": "config.apiUrl",
    "credential": "secrets",
    "credential.kind": "config.apiProvider",
    "credential.api_key": "secrets.apiKey",
}


def read(
    id: str, entry: object, *, default_model: str | None = None, space: str = "default", source: str = ""
) -> Connection:
    """The connection that a preconfigured entry (`name`, `actionTypeId`, `config`, `secrets`) describes.

    `default_model` is written into an OpenAI connector that names none. Raises DocumentError.
    """
    if not isinstance(entry, Mapping):
        raise DocumentError(own.subject(id, source), [Problem("", f"must be an object, not {a_kind_of(entry)}")])
    if is_other_type(entry):
        raise DocumentError(own.subject(id, source), [Problem("", _other_type(entry["actionTypeId"]))])
    translation = _Translation(entry, default_model)
    return own.read(
        id,
        translation.document,
        space=space,
        source=source,
        paths=_PATHS,
        problems=translation.problems,
    )


def is_other_type(entry: object) -> bool:
    """Whether a preconfigured entry is a connector that has nothing to do with OpenAI (`.slack`, `.email`, ...)."""
    connector_type = entry.get("actionTypeId") if isinstance(entry, Mapping) else None
    return is_given(connector_type) and connector_type != CONNECTOR_TYPE


def _other_type(connector_type: object) -> str:
    """It is repeated only if it looks like one: it may be a secret in the wrong place."""
    shaped = isinstance(connector_type, str) and re.fullmatch(r"\.[a-z0-9_-]{1,30}", connector_type)
    harmless = shaped and not may_be_a_key(shaped[0])
    what = f"a `{connector_type}` connector" if harmless else "a connector of another type"
    return f"is {what}, and only `{CONNECTOR_TYPE}` connectors are read"


class _Translation(Gathering):
    """One connector on its way into our document."""

    def __init__(self, entry: Mapping[Any, Any], default_model: str | None) -> None:
        super().__init__()
        self.document: dict[str, Any] = {"name": entry.get("name"), "credential": {}}
        self.default_model = default_model
        self.provider: str | None = None
        self._only(entry, _ENTRY_KEYS, "")
        if not is_given(entry.get("actionTypeId")):
            self.problem("actionTypeId", f"must be `{CONNECTOR_TYPE}`")
        if not is_given(entry.get("name")):
            self.problem("name", "is required")
        for part, read_part in (("config", self._config), ("secrets", self._secrets)):
            inner = section(entry, part, self)
            if isinstance(entry.get(part), Mapping) or not is_given(entry.get(part)):
                read_part(inner)

    def _config(self, config: Mapping[Any, Any]) -> None:
        provider = config.get("apiProvider")
        if isinstance(provider, str) and provider in _PROVIDERS:
            self.provider = provider
            self.document["provider"] = _PROVIDERS[provider].name
            self._model(provider, config.get("defaultModel"))
        else:
            self.problem("config.apiProvider", f"must be one of {listed(_PROVIDERS)}")
        self._only(config, ["apiProvider", *_CONFIG, *_UNUSED], "config")
        for key, value in config.items():
            if not is_given(value):
                continue
            if key in _ONLY_FOR and self.provider not in (None, _ONLY_FOR[key]):
                self.problem(f"config.{key}", f"goes with the provider `{_ONLY_FOR[key]}` only")
            elif key in _UNUSED:
                self.read(f"config.{key}", _UNUSED[key], value)
        for key, place in _CONFIG.items():
            self._put(place, config.get(key))
        self._endpoint(config.get("apiUrl"))

    def _model(self, provider: str, model: object) -> None:
        if provider == "Other" and not is_given(model):
            self.problem("config.defaultModel", "is required for the provider `Other`")
        elif provider == "OpenAI":
            self.document["model"] = self.default_model or shipped_default_model()

    def _endpoint(self, url: object) -> None:
        """Elastic posts to the URL as it stands, whatever its path says."""
        if not is_given(url):
            self.problem("config.apiUrl", "is required")
        elif isinstance(url, str) and url_reason(url) is None and named_endpoint(url) is None:
            path = urlsplit(on_the_wire(url)).path
            if path and not re.search(r"/v\d+$", path):
                self.document["endpoint"] = url

    def _secrets(self, secrets: Mapping[Any, Any]) -> None:
        self._only(secrets, _SECRETS, "secrets")
        with_pki = self.provider in (None, "Other")
        certificate = [key for key in _PKI if is_given(secrets.get(key))]
        if is_given(secrets.get("apiKey")):
            self._put("credential.api_key", secrets["apiKey"])
        elif certificate and with_pki:
            self._put("credential.kind", "none")
        else:
            self.problem("secrets.apiKey", "is required")
        for key in certificate:
            self.problem(f"secrets.{key}", NOT_YET if with_pki else "goes with the provider `Other` only")
        if is_given(secrets.get("secretHeaders")):
            self._hide(self.read("secrets.secretHeaders", _secret_headers, secrets["secretHeaders"]) or {})

    def _hide(self, hidden: Mapping[str, str | Secret]) -> None:
        """A secret header takes the place of a plain one of its name."""
        headers, names = self.document.get("headers", {}), [name.lower() for name in hidden]
        if isinstance(headers, Mapping):
            plain = {name: value for name, value in headers.items() if str(name).lower() not in names}
            self.document["headers"] = {**plain, **hidden}

    def _put(self, place: str, value: Any) -> None:
        section, _, name = place.partition(".")
        if is_given(value) and name:
            self.document[section][name] = value
        elif is_given(value):
            self.document[section] = value

    def _only(self, given: Mapping[Any, Any], known: Iterable[str], path: str) -> None:
        """Keep a problem for every key that is not `known`; an entry may also have dotted keys."""
        names = tuple(known)
        for key in given:
            if key in names or (not path and str(key).startswith(("config.", "secrets."))):
                continue
            misplaced = path == "config" and key in _SECRETS
            message = "belongs under `secrets`" if misplaced else f"is no key that is known here{choose(key, names)}"
            self.problem(below(path, key_of(key)), message)


def _verification(mode: Any) -> None:
    if mode not in _MODES:
        raise Wrong.because(refused(mode, "no verification mode", _MODES))
    if mode != "full":
        raise Wrong.because(NOT_YET)


def _secret_headers(headers: Any) -> dict[str, str | Secret]:
    hidden = {
        name: {"secret": value} if isinstance(value, str) and value else value
        for name, value in an_object(headers).items()
    }
    return read_headers(hidden)


_MODES = ("full", "certificate", "none")
_UNUSED: Mapping[str, Callable[[Any], Any]] = {
    "contextWindowLength": a_number,
    "temperature": a_number,
    "enableNativeFunctionCalling": a_boolean,
    "verificationMode": _verification,
}
"""Keys by which no request changes: most are for Kibana's own assistants."""
