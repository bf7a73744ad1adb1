"""One connector of Elastic's on its way into our document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from connectory.credentials import CREDENTIALS, DEFAULT_KIND
from connectory.dialects import url_user_info
from connectory.dialects.client_arguments import brings_a_credential
from connectory.dialects.client_identity import X509
from connectory.dialects.dotted import section
from connectory.dialects.flat_names import (
    AUTH_TYPE,
    SOURCE,
    FlatCredential,
    FlatName,
    all_names,
    belongs_elsewhere,
    names_of,
)
from connectory.dialects.kibana_client import JoinedClient
from connectory.dialects.kibana_pki import PKI, marker_problems, texts_of
from connectory.dialects.kibana_words import (
    API_KEY,
    CLIENT,
    CONFIG,
    CONFIG_KEYS,
    CONNECTOR_TYPE,
    EXPOSED,
    HIDDEN_HEADERS,
    MODE,
    MODES,
    ONLY_FOR,
    PRECONFIGURED,
    PROVIDERS,
    SECRETS,
    UNUSED,
    Envelope,
)
from connectory.dialects.model_table import shipped_default_model
from connectory.dialects.plain_values import Gathering, a_boolean, an_object, is_given
from connectory.dialects.secret_values import is_missing, read_headers, read_secret
from connectory.dialects.words import below, choose, key_of, listed, refused
from connectory.errors import Problem
from connectory.provider import named_endpoint, on_the_wire
from connectory.secret import Secret
from connectory.urls import url_reason

PATHS = {
    **{place: f"config.{key}" for key, place in CONFIG.items()},
    **{place: f"secrets.{key}" for key, place in PKI.items()},
    "provider": "config.apiProvider",
    "endpoint": "config.apiUrl",
    "azure.api_version": "config.apiUrl",
    "client": f"config.{CLIENT}",
    "credential": "secrets",
    "credential.api_key": f"secrets.{API_KEY}",
    "tls.verification": f"config.{MODE}",
}


class Translation(Gathering):
    """What a connector says in our words: `document`, with `paths` to where each part stood, and what is wrong."""

    def __init__(self, entry: Mapping[Any, Any], default_model: str | None, envelope: Envelope = PRECONFIGURED) -> None:
        super().__init__()
        self.document: dict[str, Any] = {"name": entry.get("name")}
        self.default_model = default_model
        self.envelope = envelope
        self.warnings: list[Problem] = []
        self.left: dict[str, Any] = {}
        self._around(entry)
        self.config, self.secrets = self._part(entry, "config"), self._part(entry, "secrets")
        self.client = JoinedClient(self.config.get(CLIENT), self.secrets.get(CLIENT))
        self.problems += self.client.problems
        self.provider = self._provider()
        self.flat = self._flat_credential()
        self.paths = self.flat.paths | self.client.paths
        self.document["credential"] = self.flat.document
        if self._is_readable(entry, "config"):
            self._config(self.config)
        if self._is_readable(entry, "secrets"):
            self._secrets(self.secrets)
        if self.left:
            self.document["foreign"] = {"kibana": self.left}

    def _around(self, entry: Mapping[Any, Any]) -> None:
        self._only([key for key in entry if key not in self.envelope.ignored], self.envelope.keys, "")
        if not is_given(entry.get(self.envelope.type_key)):
            self.problem(self.envelope.type_key, f"must be `{CONNECTOR_TYPE}`")
        if not is_given(entry.get("name")):
            self.problem("name", "is required")
        if EXPOSED in self.envelope.also and is_given(entry.get(EXPOSED)):
            self._leave(EXPOSED, self.read(EXPOSED, a_boolean, entry[EXPOSED]))

    def _leave(self, key: str, value: Any) -> None:
        """What means nothing here, in Kibana's spelling, so that it is written back."""
        if value is not None:
            self.left[key] = value

    def _part(self, entry: Mapping[Any, Any], name: str) -> dict[Any, Any]:
        """What is given in a section; what was left out counts only where it is no key that is known."""
        found = section(entry, name, self) if self.envelope.dotted else self._section(entry, name)
        known = [*CONFIG_KEYS, *SECRETS]
        return {key: value for key, value in found.items() if is_given(value) or key not in known}

    def _section(self, entry: Mapping[Any, Any], name: str) -> Mapping[Any, Any]:
        given = entry.get(name)
        return (self.read(name, an_object, given) or {}) if is_given(given) else {}

    def _is_readable(self, entry: Mapping[Any, Any], name: str) -> bool:
        return isinstance(entry.get(name), Mapping) or not is_given(entry.get(name))

    def _provider(self) -> str | None:
        provider = self.config.get("apiProvider")
        return provider if isinstance(provider, str) and provider in PROVIDERS else None

    def _flat_credential(self) -> FlatCredential:
        """The credential that `auth_type` asks for; secrets among its settings stand in `secrets`."""
        kind = self.config.get(AUTH_TYPE, DEFAULT_KIND)
        names = names_of(kind, self.config.get(SOURCE))
        given = {key: value for key, value in self.config.items() if key not in names or not names[key].secret}
        given |= {key: value for key, value in self.secrets.items() if key in names and names[key].secret}
        given = {key: value for key, value in given.items() if is_given(value)}
        flat = FlatCredential(kind, given, self, at=lambda key: f"{_part_of(names.get(key))}.{key}")
        if AUTH_TYPE not in self.config:
            flat.paths["credential.kind"] = "config.apiProvider"
        return flat

    @property
    def _kind(self) -> object:
        """The kind of the credential that wins."""
        client = self.client.arguments
        brought = isinstance(client, Mapping) and is_given(client.get("workload_identity"))
        return X509 if brought else self.flat.kind

    @property
    def _takes_key(self) -> bool:
        return bool(self._kind == DEFAULT_KIND)

    def _config(self, config: Mapping[Any, Any]) -> None:
        if self.provider is None:
            self.problem("config.apiProvider", f"must be one of {listed(PROVIDERS)}")
        else:
            self.document["provider"] = PROVIDERS[self.provider].name
            self._model(self.provider, config.get("defaultModel"))
        self._only(config, [*CONFIG_KEYS, *self._flat_keys(secret=False)], "config")
        for key, value in config.items():
            if key in ONLY_FOR and self.provider not in (None, ONLY_FOR[key]):
                self.problem(f"config.{key}", f"goes with the provider `{ONLY_FOR[key]}` only")
            elif key in UNUSED:
                self._leave(key, self.read(f"config.{key}", UNUSED[key], value))
        self._put("client", self.client.arguments)
        for key, place in CONFIG.items():
            self._put(self._place(key, place), config.get(key))
        self._verification(config.get(MODE))
        self._endpoint(config.get("apiUrl"))

    def _place(self, key: str, place: str) -> str:
        """Organization and project are the credential's only where that is a key."""
        if self._takes_key or key not in self.config or not place.startswith("credential."):
            return place
        place = place.replace("credential.", "client.")
        self.paths[place] = f"config.{key}"
        return place

    def _flat_keys(self, *, secret: bool) -> list[str]:
        return [key for key, name in self.flat.names.items() if name.secret is secret]

    def _verification(self, mode: Any) -> None:
        """It rules PKI only, whose default it is."""
        if is_given(mode) and not self._with_pki:
            self.problem(f"config.{MODE}", "goes with the provider `Other` only")
        elif mode not in (None, *MODES):
            self.problem(f"config.{MODE}", refused(mode, "no verification mode", MODES))
        elif any(key in self.secrets for key in PKI):
            self._put("tls.verification", mode or "full")
        elif self._takes_key and is_missing(self.secrets.get(API_KEY)):
            self._put("tls.verification", mode)  # a certificate may be missing too
        elif is_given(mode):
            self._leave(MODE, mode)
            if mode != "full":
                self.warnings.append(Problem(f"config.{MODE}", "is left alone: it goes with a client certificate"))

    @property
    def _with_pki(self) -> bool:
        kind = self._kind
        certified = kind in CREDENTIALS.names and CREDENTIALS.kind(str(kind)).certified
        return self.provider in (None, "Other") or certified

    def _model(self, provider: str, model: object) -> None:
        if provider == "Other" and not is_given(model):
            self.problem("config.defaultModel", "is required for the provider `Other`")
        elif provider == "OpenAI":
            self.document["model"] = self.default_model or shipped_default_model()

    def _endpoint(self, url: object) -> None:
        """Elastic posts to the URL as it stands, whatever its path says."""
        if not is_given(url):
            self.problem("config.apiUrl", "is required")
        elif isinstance(url, str) and url_reason(bare := url_user_info.bare(url)) is None and not named_endpoint(bare):
            path = urlsplit(on_the_wire(bare)).path
            if path and not re.search(r"/v\d+$", path):
                self.document["endpoint"] = bare

    def _secrets(self, secrets: Mapping[Any, Any]) -> None:
        self._only(secrets, [*SECRETS, *self._flat_keys(secret=True)], "secrets")
        pki = texts_of(secrets)
        if self._takes_key:
            self._key(secrets.get(API_KEY), pki)
        elif API_KEY in secrets:
            self._leave_key(secrets[API_KEY])
        if pki and self._with_pki:
            self._pki(pki)
        else:
            for key in pki:
                self.problem(f"secrets.{key}", "goes with the provider `Other` only")
        if HIDDEN_HEADERS in secrets:
            self._hide(self.read(f"secrets.{HIDDEN_HEADERS}", _secret_headers, secrets[HIDDEN_HEADERS]) or {})

    def _key(self, key: Any, pki: Mapping[str, Any]) -> None:
        if is_given(key):
            self._put("credential.api_key", key)
        elif pki and self._with_pki:
            self.document["credential"] = {"kind": "none"}
        elif not (brings_a_credential(self.document.get("client")) or url_user_info.stands_for_a_key(self.document)):
            self.problem(f"secrets.{API_KEY}", "is required")

    def _leave_key(self, key: Any) -> None:
        path = f"secrets.{API_KEY}"
        self.warnings.append(Problem(path, f"is left alone: `{AUTH_TYPE}` asks for another credential"))
        if self.read(path, read_secret, key) is not None:
            self._leave(API_KEY, key)

    def _pki(self, texts: Mapping[str, Any]) -> None:
        """Those that have their problem are left out, so that no rule says more of them."""
        if problem := next(marker_problems(texts), None):
            self.problems.append(problem)
        elif self.provider is not None:
            for key, text in texts.items():
                self._put(PKI[key], text)

    def _hide(self, hidden: Mapping[str, str | Secret]) -> None:
        """A secret header takes the place of a plain one of its name."""
        headers, names = self.document.get("headers", {}), [name.lower() for name in hidden]
        if isinstance(headers, Mapping):
            plain = {name: value for name, value in headers.items() if str(name).lower() not in names}
            self.document["headers"] = {**plain, **hidden}

    def _put(self, place: str, value: Any) -> None:
        section, _, name = place.partition(".")
        if is_given(value) and name:
            there = self.document.get(section, {})
            self.document[section] = {**there, name: value} if isinstance(there, Mapping) else there
        elif is_given(value):
            self.document[section] = value

    def _only(self, given: Iterable[Any], known: Iterable[str], path: str) -> None:
        """Keep a problem for every key that is not `known`; an entry may also have dotted keys."""
        names = tuple(known)
        for key in given:
            if key in names or (not path and self.envelope.dotted and str(key).startswith(("config.", "secrets."))):
                continue
            self.problem(below(path, key_of(key)), self._why_refused(key, names, path))

    def _why_refused(self, key: Any, names: Sequence[str], path: str) -> str:
        """A key that is known elsewhere is sent there."""
        if path == "config" and (key in SECRETS or key in self._flat_keys(secret=True)):
            return "belongs under `secrets`"
        if path == "secrets" and key in self._flat_keys(secret=False):
            return "belongs under `config`"
        if path and key in all_names():
            return belongs_elsewhere(key, self.flat.kind)
        return f"is no key that is known here{choose(key, names)}"


def _part_of(name: FlatName | None) -> str:
    return "secrets" if name and name.secret else "config"


def _secret_headers(headers: Any) -> dict[str, str | Secret]:
    hidden = {
        name: {"secret": value} if isinstance(value, str) and value else value
        for name, value in an_object(headers).items()
    }
    return read_headers(hidden)
