"""One Airflow connection on its way into our document."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

from connectory.credentials import DEFAULT_KIND
from connectory.dialects import url_user_info
from connectory.dialects.airflow_identity import refusal
from connectory.dialects.airflow_keys import BESIDE_KEY, DESCRIPTION, HIDDEN, KNOWN, OBJECTS, PLACES
from connectory.dialects.airflow_leftovers import CLIENT_KEY, as_json, in_extra
from connectory.dialects.airflow_url import unused, url_of, warnings_of
from connectory.dialects.airflow_value import AirflowFields
from connectory.dialects.certificate_rules import stands_for_a_key
from connectory.dialects.flat_names import AUTH_TYPE, FlatCredential, all_names, belongs_elsewhere
from connectory.dialects.json_text import from_json
from connectory.dialects.plain_values import Gathering, is_given
from connectory.dialects.words import key_of, listed, nearest
from connectory.errors import Problem

CONNECTION_TYPES = ("openai", "connectory")
APACHES_TYPE = CONNECTION_TYPES[0]

_NO_KEY = (
    "the connection has no API key: set its password (in a URI `openai://:KEY@HOST`, with the `@`), "
    "or `auth_type` in `extra` to `none` for a service that asks for none"
)

_OTHER_CREDENTIAL = "is left alone: `auth_type` asks for another credential"
_OVERRIDDEN = "is left alone: `workload_identity` in `openai_client_kwargs` wins"
_ALONE = {
    DESCRIPTION: "is left alone: the connection has a description of its own",
    **dict.fromkeys(BESIDE_KEY, "is left alone: it goes with an API key; `openai_client_kwargs` has one for all"),
}
"""Known keys of `extra` that mean nothing beside what else is there."""

_UNREAD = {"kind": DEFAULT_KIND, "api_key": "may stand in what could not be read"}
"""In place of a credential that has had its problem: no rule has anything against it."""


class Translation(Gathering):
    """What a connection says in our words: `document`, with `paths` to where each part stood, and what is wrong."""

    def __init__(self, id: str, fields: AirflowFields) -> None:
        super().__init__()
        self.problems += fields.problems
        self.fields = fields
        self.extra = {key: value for key, value in fields.extra.items() if is_given(value)}
        self._hidden()
        self.kind = self.extra.get(AUTH_TYPE, DEFAULT_KIND)
        self.left_alone: list[Problem] = []
        self.client_key: Any = None
        self.document: dict[str, Any] = {"url": url_of(fields)}
        self._ours()
        self.flat = FlatCredential(self.kind, self.extra, self, at=lambda key: f"extra.{key}")
        self.paths = self.flat.paths
        self._description()
        self.overridden = self._client_gives("workload_identity")
        self._credential(id)
        self._keep(dict(self._leftovers()))

    def _hidden(self) -> None:
        """Keys under their other names."""
        for name, key in HIDDEN.items():
            if name in self.extra and key in self.extra:
                self.problem(f"extra.{name}", f"stands beside `{key}`, which says the same; leave one of the two out")
            elif name in self.extra:
                self.extra[key] = self.extra.pop(name)

    def warnings(self) -> Iterator[Problem]:
        if self.fields.conn_type and self.fields.conn_type not in CONNECTION_TYPES:
            used = self.kind == DEFAULT_KIND and self.fields.password and not self._client_brings_it()
            password = "; its password is used as the API key" if used else ""
            yield Problem("conn_type", f"is no type that speaks to OpenAI{password}")
        yield from self.fields.doubled
        yield from warnings_of(self.fields)
        yield from self.left_alone
        yield from self.unknown()

    def unknown(self) -> Iterator[Problem]:
        """Keys that mean nothing here."""
        for key in self.extra:
            if key not in KNOWN and key not in self.flat.names:
                yield Problem(f"extra.{key_of(key)}", self._why_left_alone(key))

    def _why_left_alone(self, key: str) -> str:
        if key in all_names():
            return f"is left alone: it {belongs_elsewhere(key, self.kind)}"
        near = nearest(key, [*KNOWN, *all_names()])
        hint = f"did you mean `{near}`?" if near else f"known: {listed([*KNOWN, *self.flat.names])}"
        return f"is no key that is known here, and is left alone; {hint}"

    def _ours(self) -> None:
        for key, place in PLACES.items():
            if key not in self.extra:
                continue
            section, _, name = place.partition(".")
            value = self.read(f"extra.{key}", _object, self.extra[key]) if key in OBJECTS else self.extra[key]
            if name:
                self.document.setdefault(section, {})[name] = value
            else:
                self.document[section] = value

    def _description(self) -> None:
        self.document["description"] = self.fields.description or self.extra.get(DESCRIPTION)
        if not self.fields.description:
            self.paths["description"] = f"extra.{DESCRIPTION}"
        elif DESCRIPTION in self.extra:
            self._leave_alone(DESCRIPTION)

    def _credential(self, id: str) -> None:
        self.document["credential"] = self.flat.document
        if problem := refusal(id, self.extra, overridden=self.overridden):
            self.problems.append(problem)
            self.document["credential"] = _UNREAD
        elif self.kind == DEFAULT_KIND:
            self._key()
        for name in BESIDE_KEY:
            if name in self.extra and name not in self.flat.names:
                self._beside_key(name)
        if self.kind != DEFAULT_KIND and self._client_gives("api_key"):
            self.client_key = self.document["client"]["api_key"]
            self.document["client"] = {**self.document["client"], "api_key": None}
            self.left_alone.append(Problem(CLIENT_KEY, _OTHER_CREDENTIAL))
        if self.overridden:
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
        elif not (self._client_brings_it() or stands_for_a_key(self.document) or self._url_says_who_calls()):
            self.problem("password", _NO_KEY)

    def _beside_key(self, name: str) -> None:
        """What the client has under the same name says it to Apache's provider."""
        if self.kind != DEFAULT_KIND or self.overridden:
            self._leave_alone(name)
            return
        self.document["credential"] = {**self.document["credential"], name: self.extra[name]}
        client = self.document.get("client")
        if isinstance(client, Mapping) and client.get(name) == self.extra[name]:
            self.document["client"] = {key: value for key, value in client.items() if key != name}

    def _leave_alone(self, key: str) -> None:
        self.left_alone.append(Problem(f"extra.{key}", _ALONE[key]))

    def _is_unread(self) -> bool:
        places = {"extra", "extra.openai_client_kwargs", "password", "uri"}
        return bool(places & {problem.path for problem in self.problems})

    def _client_brings_it(self) -> bool:
        return self._client_gives("api_key") or self._client_gives("workload_identity")

    def _url_says_who_calls(self) -> bool:
        return url_user_info.stands_for_a_key(self.document)

    def _client_gives(self, name: str) -> bool:
        client = self.document.get("client")
        return isinstance(client, Mapping) and is_given(client.get(name))

    def _leftovers(self) -> Iterator[tuple[str, Any]]:
        """What means nothing here, by the place that it is kept under."""
        yield from ((name, getattr(self.fields, name)) for name in self._fields_left())
        if self.client_key is not None:
            yield CLIENT_KEY, self.client_key
        alone = {problem.path for problem in self.left_alone}
        yield from in_extra({key: value for key, value in self.extra.items() if self._is_left(key, alone)})

    def _fields_left(self) -> Iterator[str]:
        used = {"description", "extra", "problems", "doubled"}
        if self.fields.conn_type == APACHES_TYPE:
            used.add("conn_type")
        if self.kind == DEFAULT_KIND and not self._client_brings_it():
            used.add("password")
        if not self._client_gives("base_url"):
            used |= {"host", "port", "schema"} - set(unused(self.fields))
        return (name for name in AirflowFields.__slots__ if name not in used and is_given(getattr(self.fields, name)))

    def _is_left(self, key: str, alone: Container[str]) -> bool:
        if f"extra.{key}" in alone:
            return True
        return self.overridden if key == AUTH_TYPE else key not in KNOWN and key not in self.flat.names

    def _keep(self, leftovers: Mapping[str, Any]) -> None:
        """Beside what the connection keeps for others."""
        kept = {place: self.read(place, as_json, value) for place, value in leftovers.items()}
        foreign = self.document.get("foreign", {})
        if isinstance(foreign, Mapping) and is_given(foreign.get("airflow")):
            self.problem("extra.foreign.airflow", "is what the rest of the connection says; leave it out")
        elif kept and isinstance(foreign, Mapping):
            self.document["foreign"] = {**foreign, "airflow": kept}


def _object(value: Any) -> Any:
    """An object, which in a URI is JSON text; an empty list counts as an empty object, as for Apache's hook."""
    value = from_json(value) if isinstance(value, str) else value
    return {} if value == [] else value
