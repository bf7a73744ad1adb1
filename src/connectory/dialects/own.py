"""Our own words: the connection document of the configuration file, of variables, and of every other dialect's reading.

The other dialects translate their documents into this one and say where each part came from; every rule is applied here
once, and every problem goes back to the path that its author knows.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from connectory.connection import RESIDENCIES, Connection
from connectory.credential import Credential
from connectory.credentials import DEFAULT_KIND
from connectory.dialects import url_user_info
from connectory.dialects.certificate_rules import brings_a_certificate, stands_for_a_key
from connectory.dialects.client_arguments import Lifted, lifted
from connectory.dialects.families import kind_of
from connectory.dialects.limits import ONE, within
from connectory.dialects.plain_values import is_given
from connectory.dialects.proxy import with_credentials_apart
from connectory.dialects.reading import Document, Reader
from connectory.dialects.rules import problems_of, warnings_of
from connectory.dialects.secret_values import is_missing
from connectory.dialects.values import VALUE_TYPES
from connectory.dialects.words import NOT_YET, a_kind_of
from connectory.errors import DocumentError, Problem
from connectory.provider import OPENAI, PROVIDERS, Provider
from connectory.secret import Secret
from connectory.setting import settings_of

LATER = ("gateway",)
"""Keys of a document that a later version will know."""

_ID = re.compile(r"(?!new$|_)[A-Za-z0-9_.-]{1,200}")
_NO_ID = (
    "has an id that no connection can have: it is 1 to 200 of `A-Z a-z 0-9 _ . -`, not `new`, "
    "and does not begin with `_`"
)


def read(
    id: str,
    document: object,
    *,
    space: str = "default",
    source: str = "",
    paths: Mapping[str, str] | None = None,
    sentences: Mapping[str, str] | None = None,
    problems: Sequence[Problem] = (),
    warnings: Sequence[Problem] = (),
) -> Connection:
    """The connection that a document describes.

    `paths` says for a dialect where the parts of the document stood in its own (`{"credential.api_key": "password"}`;
    the longest match counts), `sentences` what it says of a part of the document that cannot be used, and `problems`
    what it found wrong already: at those paths it has the last word. Raises DocumentError with all problems.
    """
    connection, found, noted = _read(id, document, space=space, source=source)
    told = Reader()
    told.problems += problems
    spoken = (Problem(found.path, (sentences or {}).get(found.path, found.message)) for found in found)
    told.judged(in_words(problem, paths or {}) for problem in spoken)
    if connection is None or told.problems:
        raise DocumentError(subject(id, source), list(dict.fromkeys(told.problems)))
    own_warnings = (in_words(warning, paths or {}) for warning in (*noted, *warnings_of(connection)))
    return dataclasses.replace(connection, warnings=(*warnings, *own_warnings), said_at=paths or {})


def write(connection: Connection, *, public: bool = False) -> dict[str, Any]:
    """The document that reads as this connection; settings at their defaults are left out, with `public` secrets too.

    A public document still names the references (`{env: NAME}`) of secrets that are kept elsewhere, and those that are
    missing.
    """
    document = {"name": "", "provider": connection.provider.name, **dict(_written(connection, public))}
    if document["name"] in ("", connection.id):
        del document["name"]
    if connection.client.data_residency:
        del document["url"]
    return document


def subject(id: str, source: str) -> str:
    """A connection and where it stands, for messages."""
    return f"connection {id!r} ({source})" if source else f"connection {id!r}"


def is_id(text: str) -> bool:
    """Whether a connection can have this id."""
    return _ID.fullmatch(text) is not None


def in_words(problem: Problem, paths: Mapping[str, str]) -> Problem:
    """The problem with the paths that the author of the document knows: its own, and those in its sentence."""
    message = re.sub(r"`(\w+\.\w+)`", lambda found: f"`{paths.get(found[1], found[1])}`", problem.message)
    for ours in sorted(paths, key=len, reverse=True):
        if f"{problem.path}.".startswith(f"{ours}."):
            return Problem(paths[ours] + problem.path.removeprefix(ours), message)
    return Problem(problem.path, message)


def default_url(provider: Provider, credential: Credential, residency: str | None) -> str | None:
    """The URL of a connection that names none; None where it has to. `residency` is the client's `data_residency`."""
    urls = credential.default_urls if provider is OPENAI else {}
    return {**RESIDENCIES, **urls}[residency] if residency else urls.get("global", provider.default_url)


def _read(
    id: str, document: object, *, space: str, source: str
) -> tuple[Connection | None, list[Problem], list[Problem]]:
    """The connection, as far as it can be read; what is wrong; and what people should know."""
    reader = Reader()
    if not is_id(id):
        reader.problem("", _NO_ID)
    if not isinstance(document, Mapping):
        reader.problem("", f"must be an object, not {a_kind_of(document)}")
        return None, reader.problems, []
    reader.read("", partial(within, ONE), document)
    if reader.problems:
        return None, reader.problems, []
    parts = _in_places(document)
    values = reader.settings(Connection, _without_later(parts.document, reader), "")
    connection = _made(id, values, space=space, source=source)
    reader.judged(problems_of(connection, url_given=is_given(parts.document.get("url"))))
    told = Reader()
    told.problems += parts.problems
    told.judged(in_words(problem, parts.paths) for problem in reader.problems)
    noted = url_user_info.warnings_about(parts.user_info, connection)
    return connection, told.problems, [in_words(warning, parts.paths) for warning in noted]


def _in_places(document: Document) -> Lifted:
    """The document with every part where it belongs, however it was said."""
    parts = lifted(document)
    whole, paths = parts.document, dict(parts.paths)
    if isinstance(network := whole.get("network"), Mapping):
        whole["network"], names = with_credentials_apart(network)
        paths |= {f"network.{name}": "network.proxy" for name in names}
    told_apart = stands_for_a_key(whole) or url_user_info.stands_for_a_key(whole)
    if told_apart and _names_no_credential(whole):
        whole["credential"] = {"kind": "none"}
    whole, header = url_user_info.without_user_info(whole)
    return Lifted(whole, paths, parts.problems, header)


def _names_no_credential(document: Document) -> bool:
    """A key that was not brought along is none beside a certificate that was: nobody knows that there is one."""
    credential = document.get("credential")
    if not isinstance(credential, Mapping):
        return not is_given(credential)
    given = {name: value for name, value in credential.items() if is_given(value)}
    if brings_a_certificate(document) and is_missing(given.get("api_key")):
        del given["api_key"]
    return given in ({}, {"kind": DEFAULT_KIND})


def _without_later(document: Document, reader: Reader) -> Document:
    """The document less what this version does not know yet."""
    for key in LATER:
        if is_given(document.get(key)):
            reader.problem(key, NOT_YET)
    return {key: value for key, value in document.items() if key not in LATER}


def _made(id: str, values: Mapping[str, Any], *, space: str, source: str) -> Connection:
    """The connection as far as it could be read, for the rules to judge."""
    credential = values.get("credential", _Unread())
    residency = values["client"].data_residency if "client" in values else None
    url = default_url(values.get("provider", OPENAI), credential, residency)
    unread = {"name": id, "url": url or "", "credential": credential}
    return Connection(id=id, space=space, source=source, **{**unread, **values})


class _Unread(Credential):
    """Stands where a credential could not be read; no rule has anything against it."""

    __slots__ = ()
    kind = "unread"
    providers = frozenset(PROVIDERS)
    certified = True


def _written(value: Any, public: bool) -> Iterator[tuple[str, Any]]:
    kind: type = type(value)
    if name := kind_of(value):
        yield "kind", name
    for name, setting in settings_of(kind).items():
        part = getattr(value, name)
        if public:
            part = _without_secrets(part)
        if part is None or part == "" or part == {} or part == setting.default:
            continue
        if setting.type in VALUE_TYPES:
            yield name, VALUE_TYPES[setting.type].write(part)
        elif inner := dict(_written(part, public)):
            yield name, inner


def _without_secrets(part: Any) -> Any:
    if isinstance(part, Secret):
        return None if part.at_hand else part
    if isinstance(part, Mapping):
        return {name: value for name, value in part.items() if not isinstance(value, Secret) or not value.at_hand}
    return part
