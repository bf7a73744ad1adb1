"""What a server refuses in a connection that the library, the shell and Airflow take: it acts for many people, and with
the identity of the machine that it runs on."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from connectory.connection import Connection, secrets_of
from connectory.credential import Credential
from connectory.credentials.entra import CLASSIC_SCOPE, SCOPE
from connectory.dialects.operator_settings import OperatorSettings
from connectory.dialects.words import listed
from connectory.errors import Problem
from connectory.network.public_hosts import AZURE_HOSTS, OPENAI_HOST
from connectory.setting import settings_of
from connectory.subject_token import SubjectTokenSource
from connectory.tls import FULL


def problems_on_server(connection: Connection, operator: OperatorSettings) -> Iterator[Problem]:
    """Everything that a server refuses in a connection that came through its API."""
    credential, named = connection.credential, operator.workload_identity.hosts
    if hasattr(credential, "exchange_url"):
        yield from _of_exchange(credential)
        yield from _of_hosts(connection, (OPENAI_HOST,), named)
        yield from _of_way(connection)
    if getattr(credential, "managed_identity", False):
        yield from _of_machine(credential)
        yield from _of_hosts(connection, AZURE_HOSTS, named)
        yield from _of_way(connection)
    for source_path, source in _sources(connection.credential):
        for found in _of_source(source, operator):
            yield Problem(f"{source_path}.{found.path}", found.message)
    for path, secret in secrets_of(connection):
        if secret.reference:
            yield Problem(path, "names a variable or a file of the server, and must be the secret itself")


def _of_exchange(credential: Any) -> Iterator[Problem]:
    if credential.exchange_url is not None:
        yield Problem(
            "credential.exchange_url", "is chosen by the operator, in `connectory.workload_identity.exchange_url`"
        )


def _of_machine(credential: Any) -> Iterator[Problem]:
    """A token of the machine's own for something else than a model would be good for much else."""
    if credential.scope not in (None, SCOPE, CLASSIC_SCOPE):
        yield Problem("credential.scope", f"must be `{SCOPE}` or `{CLASSIC_SCOPE}`: the identity is the server's own")


def _of_hosts(connection: Connection, own: tuple[str, ...], named: tuple[str, ...]) -> Iterator[Problem]:
    """A token of the machine's own goes to its service only, and to hosts that the operator names."""
    for path, url in (("url", connection.url), ("client.websocket_base_url", connection.client.websocket_base_url)):
        if url and not _may_have_the_token(url, own, named):
            allowed = listed([*(name for host in own for name in (host, f"*.{host}")), *named])
            yield Problem(path, f"is no host that the token of a workload identity may be sent to; these are {allowed}")


def _of_way(connection: Connection) -> Iterator[Problem]:
    """Whoever chooses the way may read what is sent: with the identity of the machine the operator does."""
    tls, theirs = connection.tls, "is the operator's to choose where a server's own identity is used"
    if connection.url.lower().startswith("http:"):
        yield Problem("url", "must begin with `https://`: the token of a server's own identity is sent there")
    if tls.verification not in (None, FULL):
        yield Problem("tls.verification", theirs)
    if tls.ca is not None:
        yield Problem("tls.ca", theirs)
    if connection.network.proxy != "default":
        yield Problem("network.proxy", theirs)


def _may_have_the_token(url: str, own: tuple[str, ...], named: tuple[str, ...]) -> bool:
    host = (urlsplit(url).hostname or "").removesuffix(".")
    by_name = [name.lower().strip("[]") for name in named]
    return host in by_name or any(f".{host}".endswith(f".{name}") for name in own)


def _sources(credential: Credential) -> Iterator[tuple[str, SubjectTokenSource]]:
    kind: type = type(credential)
    for name in settings_of(kind):
        if isinstance(part := getattr(credential, name), SubjectTokenSource):
            yield f"credential.{name}", part


def _of_source(source: SubjectTokenSource, operator: OperatorSettings) -> Iterator[Problem]:
    """Code that is run, and a file that is read, in the name of the server."""
    function, file = getattr(source, "token_provider", None), getattr(source, "token_file_path", None)
    if function is not None and function not in operator.custom_token_providers:
        yield Problem("token_provider", "is not among the functions in `connectory.custom_token_providers`")
    if file is not None and not _lies_in(file, operator.token_file_directories):
        folders = listed(operator.token_file_directories) or "none"
        yield Problem("token_file_path", f"must lie in a directory of `connectory.token_file_directories`: {folders}")


def _lies_in(file: str, folders: tuple[str, ...]) -> bool:
    """Judged as it is written: a path with `..` in it lies nowhere."""
    parts, path = file.split("/"), posixpath.normpath(file)
    return ".." not in parts and any(path.startswith(posixpath.normpath(folder) + "/") for folder in folders)
