"""`openai_client_kwargs` in Elastic's words: the arguments of the SDK's client stand in `config`, and the secrets among
them under the same names in `secrets`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from connectory.connection import ClientSettings, Connection
from connectory.dialects.client_arguments import LIFTED
from connectory.dialects.kibana_words import CLIENT
from connectory.dialects.plain_values import Gathering, Wrong, a_text, an_object, is_given
from connectory.dialects.secret_values import is_missing, read_secret, write_secret
from connectory.dialects.values import VALUE_TYPES
from connectory.dialects.words import below, key_of
from connectory.secret import Secret, is_credential_parameter
from connectory.setting import settings_of

_SECRETS = ("api_key", "admin_api_key", "webhook_secret")
_MAPS = ("default_headers", "default_query")
"""Arguments of which some parts are secrets."""

_BELONGS = "belongs under `config`"
_TWICE = f"stands in `config.{CLIENT}` too; leave one of the two out"


class JoinedClient(Gathering):
    """The arguments of both sections as one. `paths` say where those of `secrets` stood."""

    def __init__(self, shown: Any, hidden: Any) -> None:
        super().__init__()
        self.paths: dict[str, str] = {}
        self.arguments: Any = shown
        arguments = self.read(f"secrets.{CLIENT}", an_object, hidden) if is_given(hidden) else None
        if arguments is not None and (isinstance(shown, Mapping) or not is_given(shown)):
            self.arguments = dict(shown or {})
            for name, value in arguments.items():
                self._add(name, value)

    def _add(self, name: Any, value: Any) -> None:
        path = f"secrets.{CLIENT}.{key_of(name)}"
        if not is_given(value):
            return
        if name in _MAPS:
            self._join(name, self.read(path, an_object, value) or {}, path)
        elif name in (*settings_of(ClientSettings), *LIFTED) and name not in _SECRETS:
            self.problem(path, _BELONGS)
        elif is_given(self.arguments.get(name)):
            self.problem(path, _TWICE)
        else:
            self.arguments[name] = value
            self.paths[f"client.{key_of(name)}"] = path

    def _join(self, name: str, hidden: Mapping[Any, Any], path: str) -> None:
        """The parts of `secrets` beside those of `config`; names of headers have no case."""
        shown = self.arguments.get(name)
        if is_given(shown) and not isinstance(shown, Mapping):
            return
        taken = [_same(name, key) for key, value in (shown or {}).items() if is_given(value)]
        self.arguments[name] = dict(shown or {})
        for key, value in hidden.items():
            at = below(path, key_of(key))
            if is_given(value) and _same(name, key) in taken:
                self.problem(at, _TWICE)
            elif is_given(value):
                self.arguments[name][key] = self.read(at, partial(_HIDE[name], key), value)
                self.paths[below(f"client.{name}", key_of(key))] = at


def _same(argument: str, key: object) -> str:
    return str(key).lower() if argument == "default_headers" else str(key)


def _hidden_header(name: Any, value: Any) -> Any:
    return {"secret": value} if isinstance(value, str) else value


def _hidden_parameter(name: Any, value: Any) -> Any:
    """Only a credential: nothing else could be told from what everybody may see. Raises Wrong."""
    if isinstance(value, Secret) or is_missing(value):
        return value
    if isinstance(value, Mapping) and is_credential_parameter(str(name), ""):
        return written(read_secret(value))
    if not is_credential_parameter(str(name), a_text(value)):
        raise Wrong.because(f"is no key by its name or its looks, so it {_BELONGS}")
    return value


_HIDE = {"default_headers": _hidden_header, "default_query": _hidden_parameter}


def parted(connection: Connection) -> tuple[dict[str, Any], dict[str, Any]]:
    """The client's arguments for `config`, and the secrets among them for `secrets`.

    A region is left out: it chooses a URL, and a connector has one.
    """
    shown: dict[str, Any] = {}
    hidden: dict[str, Any] = {}
    client = connection.client
    for name, setting in settings_of(ClientSettings).items():
        value = getattr(client, name)
        if name == "data_residency" or value is None or value == {} or value == setting.default:
            continue
        if name in _MAPS:
            shown[name] = {key: part for key, part in value.items() if not isinstance(part, Secret)}
            hidden[name] = {key: written(part) for key, part in value.items() if isinstance(part, Secret)}
        elif isinstance(value, Secret):
            hidden[name] = written(value)
        else:
            shown[name] = VALUE_TYPES[setting.type].write(value)
    return _with_something(shown), _with_something(hidden)


def _with_something(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value != {}}


def written(secret: Secret) -> Any:
    """A secret as a document has it; one that cannot be had stays what it is."""
    return write_secret(secret) if secret.at_hand or secret.reference else secret
