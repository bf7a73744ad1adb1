"""Why a connection is what it is: where it was looked for and found, and who said each of its values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectory.catalog import Catalog, Look
from connectory.connection import Connection, secret_places
from connectory.credential import Credential
from connectory.credentials import DEFAULT_KIND
from connectory.dialects import own, yaml_file
from connectory.dialects.documents import AIRFLOW, ELASTIC, OURS
from connectory.dialects.dotted import flat
from connectory.dialects.values import VALUE_TYPES
from connectory.errors import CallerError, Problem
from connectory.network.reasons import Reason, Said
from connectory.network.telling import tell
from connectory.provider import OPENAI
from connectory.secret import Secret
from connectory.setting import settings_of
from connectory.urls import origin_of, url_reason

DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of a connection: its path, what it is (of a secret only that it is set, and its mark), who said it."""

    path: str
    value: Any
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`words` are those of the document that was found, `looks` the places in the order in which they count.

    `way` is what holds for requests to `origin`, whoever says it.
    """

    connection: Connection
    words: str
    looks: tuple[Look, ...]
    values: tuple[Value, ...]
    origin: str
    way: tuple[Value, ...]


def explained(catalog: Catalog, id: str, *, url: str | None = None, space: str = "default") -> Explanation:
    """Everything about the connection `id`, and its way to `url`: its own URL if none is given.

    Raises what `Catalog.find` raises, and CallerError for what is no URL.
    """
    connection = catalog.find(id, space=space)
    if url is not None and (reason := url_reason(url)):
        raise CallerError(f"The URL to explain the way to {reason}.")
    where = url or connection.address.base_url
    words = _words(catalog, id)
    said = _sayer(catalog, connection, words)
    return Explanation(
        connection=connection,
        words=words,
        looks=tuple(catalog.looks(id, space=space)),
        values=tuple(_values(connection, said)),
        origin=origin_of(where),
        way=tuple(_way(catalog, connection, where, said)),
    )


def _words(catalog: Catalog, id: str) -> str:
    if name := catalog.variables.name_for(id):
        return AIRFLOW if catalog.variables.is_airflows(name) else OURS
    return ELASTIC if id in catalog.file.elastics and id not in catalog.file.ours else OURS


def _sayer(catalog: Catalog, connection: Connection, words: str) -> Callable[[str], str]:
    """What tells where a value was said, by its path in our words."""
    file, id = catalog.file, connection.id
    is_in_file = id in file and not catalog.variables.name_for(id)
    line_of = yaml_file.lines(Path(file.path)) if is_in_file else None

    def said(path: str) -> str:
        theirs = path if words == OURS else own.in_words(Problem(path, ""), connection.said_at).path
        if line_of is None:
            return f"{connection.source}: {theirs}"
        line = line_of(f"{file.place_of(id)}.{theirs}")
        return f"{file.path}, line {line}: {theirs}" if line else DEFAULT

    return said


def _way(catalog: Catalog, connection: Connection, url: str, said: Callable[[str], str]) -> Iterator[Value]:
    """What holds for requests to `url`; a rule of the file has its line, as the connection's own word has."""
    by = _by(catalog, said)
    yield from (Value(path=told.name, value=told.value, source=by(told.reason)) for told in tell(connection, url))


def who_said(catalog: Catalog, connection: Connection, *, is_draft: bool = False) -> Callable[[Reason], str]:
    """What tells where a rule of the way stands. Of a draft nobody has found, and it has no lines."""
    return _by(
        catalog, (lambda path: path) if is_draft else _sayer(catalog, connection, _words(catalog, connection.id))
    )


def _by(catalog: Catalog, said: Callable[[str], str]) -> Callable[[Reason], str]:
    line_of = yaml_file.lines(Path(catalog.file.path)) if catalog.file.path else lambda place: None

    def by(reason: Reason) -> str:
        if reason.said is Said.CONNECTION:
            return said(reason.name)
        line = line_of(reason.name) if reason.said is Said.CONFIGURATION else None
        return f"{catalog.file.path}, line {line}: {reason.name}" if line else str(reason)

    return by


def _values(connection: Connection, said: Callable[[str], str]) -> Iterator[Value]:
    """Every value in the order in which it is declared: those that were said, and defaults that mean something."""
    secrets = {".".join(place): secret for place, secret in secret_places(connection)}
    written = {path: value for path, value in flat(own.write(connection, public=True)) if not _is_in(path, secrets)}
    defaults = dict(_defaults(connection))
    for path in dict.fromkeys([*defaults, *written, *secrets]):
        if path in secrets:
            yield Value(path=path, value=secrets[path].mark(), source=said(path))
        elif path in written and (path not in defaults or written[path] != defaults[path]):
            yield Value(path=path, value=written[path], source=said(path))
        else:
            yield Value(path=path, value=defaults[path], source=DEFAULT)


def _defaults(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The defaults of a connection, or of a part of one, that are not simply nothing."""
    kind: type = type(value)
    if isinstance(value, Credential):
        yield f"{prefix}kind", DEFAULT_KIND
    for name, setting in settings_of(kind).items():
        path, part = f"{prefix}{name}", getattr(value, name)
        if path == "provider":
            yield path, OPENAI.name
        elif path == "url" and value.provider.default_url:
            yield path, value.credential.default_urls.get("global", value.provider.default_url)
        elif setting.type in VALUE_TYPES and setting.default not in (None, "", False):
            yield path, setting.default
        elif setting.type not in VALUE_TYPES and part is not None:
            yield from _defaults(part, f"{path}.")


def _is_in(path: str, secrets: Mapping[str, Secret]) -> bool:
    """Whether it is the reference of a secret (`credential.api_key.env`)."""
    return path in secrets or path.rpartition(".")[0] in secrets
