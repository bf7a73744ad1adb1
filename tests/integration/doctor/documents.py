"""Faults that are found before anybody is dialled: documents, secrets, names, addresses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from connectory.engine.diagnosis import State
from connectory.network_policy import ProxyRule
from connectory.secret import Secret
from connectory.transport import CA
from tests.integration.doctor.cases import Case, Find, Place, World, document, documented, found

_PROXY = "http://127.0.0.1:1"


def written(**more: object) -> World:
    """A document with these parts, in a world with nobody in it."""

    @contextlib.contextmanager
    def world(_: Place) -> Iterator[Find]:
        yield found({**document("http://127.0.0.1:1"), **more})

    return world


@contextlib.contextmanager
def _missing_file(place: Place) -> Iterator[Find]:
    yield found(document("http://127.0.0.1:1", credential={"api_key": {"file": str(place.folder / "no-key")}}))


@contextlib.contextmanager
def _folder_for_file(place: Place) -> Iterator[Find]:
    yield found(document("http://127.0.0.1:1", credential={"api_key": {"file": str(place.folder)}}))


@contextlib.contextmanager
def _two_lines(place: Place) -> Iterator[Find]:
    (place.folder / "key").write_text("two\nlines\n")
    yield found(document("http://127.0.0.1:1", headers={"X-Gateway": {"file": str(place.folder / "key")}}))


@contextlib.contextmanager
def _files_of_the_operator(place: Place) -> Iterator[Find]:
    """A CA and a proxy's password that are not where the operator's rules say."""
    ca = CA(text=Secret.file(str(place.folder / "root.pem")), place="connectory.network.ca")
    password = Secret.env("NO_SUCH_PASSWORD")
    proxy = ProxyRule(
        url=_PROXY, username=Secret("me"), password=password, login_place="connectory.network.proxy_username"
    )
    yield found(document("https://llm.corp.example"), ca=ca, proxy=proxy)


def _on_server(host: str) -> World:
    return documented(f"http://{host}:9", rules={"server": True})


CONFIGURATION = [
    Case(name="a URL that is none", world=written(url="llm.corp"), stage="configuration", seen="url", fix="mend"),
    Case(name="a URL without a host", world=written(url="https://"), stage="configuration", seen="url", fix="mend"),
    Case(
        name="a key that nobody knows",
        world=written(colour="red"),
        stage="configuration",
        seen="colour",
        fix="^mend the document at `colour`$",
    ),
    Case(
        name="several things that are wrong",
        world=written(colour="red", url="llm.corp"),
        stage="configuration",
        seen="colour",
        fix="^mend the document at these paths$",
    ),
    Case(
        name="a proxy that is no URL",
        world=written(network={"proxy": "proxy"}),
        stage="configuration",
        seen="network.proxy",
        fix="mend",
    ),
    Case(
        name="a proxy that speaks SOCKS",
        world=written(network={"proxy": "socks5://127.0.0.1:1080"}),
        stage="configuration",
        seen="network.proxy",
        fix="mend",
    ),
    Case(
        name="a host that is not allowed",
        world=documented("https://llm.elsewhere.example", rules={"allowed_hosts": frozenset({"api.openai.com"})}),
        stage="configuration",
        seen="llm.elsewhere.example is not allowed",
        fix="add `llm.elsewhere.example` to `xpack.actions.allowedHosts`",
    ),
    Case(
        name="a credential over plain http",
        world=documented("http://nobody.invalid"),
        stage="configuration",
        state=State.WARNING,
        seen="anybody on the way can read the credential",
        fix="mend",
    ),
]

SECRETS = [
    Case(
        name="a variable that is not set",
        world=written(credential={"api_key": {"env": "NOT_SET_ANYWHERE"}}),
        stage="secrets",
        seen="env:NOT_SET_ANYWHERE",
        fix="env:NOT_SET_ANYWHERE",
    ),
    Case(name="a file that is not there", world=_missing_file, stage="secrets", seen="no-key", fix="no-key"),
    Case(
        name="files of the operator that are not there",
        world=_files_of_the_operator,
        stage="secrets",
        seen="`connectory.network.proxy_password`: env:NO_SUCH_PASSWORD cannot be read: the variable is not set",
        fix="change `connectory.network.ca`, `connectory.network.proxy_password`",
    ),
    Case(name="a folder in place of a file", world=_folder_for_file, stage="secrets", fix="put the secret where"),
    Case(
        name="a header whose secret is not there",
        world=written(headers={"X-Gateway": {"env": "NOT_SET_ANYWHERE"}}),
        stage="secrets",
        seen="env:NOT_SET_ANYWHERE",
        fix="env:NOT_SET_ANYWHERE",
    ),
    Case(
        name="a password of the proxy that is not there",
        world=written(network={"proxy": _PROXY, "proxy_password": {"env": "NOT_SET_ANYWHERE"}}),
        stage="secrets",
        seen="env:NOT_SET_ANYWHERE",
        fix="env:NOT_SET_ANYWHERE",
    ),
]

SECRETS += [
    Case(
        name="a secret that no header can carry",
        world=_two_lines,
        stage="secrets",
        seen="line break",
        fix="put the secret where",
    ),
    Case(
        name="a header of the operator's that no proxy can be sent",
        world=documented(
            "https://llm.corp", rules={"proxy": ProxyRule(url=_PROXY, headers={"X-Department": "Forschung \u2603"})}
        ),
        stage="secrets",
        seen="X-Department",
        fix="give a value that can stand in a header",
    ),
]

NAMES = [
    Case(
        name="a host that has no address",
        world=documented("https://nobody.invalid"),
        stage="name",
        seen="nobody.invalid",
        fix="check the host in `url`.*; if the way out is a proxy, name it as `xpack.actions.proxyUrl` or in HTTPS_",
    ),
    Case(
        name="a host without an address that goes past the proxy",
        world=documented(
            "https://nobody.invalid", rules={"environment": {"HTTPS_PROXY": _PROXY, "NO_PROXY": "invalid"}}
        ),
        stage="name",
        seen="nobody.invalid",
        fix="if it is reached through a proxy only, see `NO_PROXY`",
    ),
    Case(
        name="a host without an address that is tried without the proxy",
        world=documented("https://nobody.invalid", rules={"proxy": ProxyRule(url=_PROXY), "without_proxy": True}),
        stage="name",
        seen="nobody.invalid",
        fix="if it is reached through a proxy only, leave `--without-proxy` away",
    ),
    Case(
        name="a host without an address that is looked up here and not by the proxy",
        world=documented("https://nobody.invalid", rules={"proxy": ProxyRule(url=_PROXY), "resolves_here": True}),
        stage="name",
        seen="nobody.invalid",
        fix=r"let the proxy do so \(`connectory.network.resolve`\)",
    ),
    Case(
        name="a host that nobody can have",
        world=documented("https://a..b.invalid"),
        stage="name",
        seen="a..b.invalid",
        fix="check the host in `url`",
    ),
]

_FORBIDDEN = "connectory.network.private_networks"
_METADATA = "metadata services are reached by the sources of tokens only"

ADDRESSES = [
    *(
        Case(
            name=f"on a server {host}", world=_on_server(host), stage="address", seen="may not reach it", fix=_FORBIDDEN
        )
        for host in ("127.0.0.1", "10.0.0.1", "100.64.0.1", "[::1]", "[::ffff:10.0.0.1]", "0x7f.1", "017700000001")
    ),
    Case(
        name="a name that is this machine",
        world=documented("http://localhost:9", rules={"server": True}),
        stage="address",
        seen="may not reach it",
        fix="name `localhost` in `xpack.actions.allowedHosts`",
    ),
    *(
        Case(
            name=f"metadata at {host}",
            world=documented(f"http://{host}"),
            stage="address",
            seen="metadata",
            fix=_METADATA,
        )
        for host in ("169.254.169.254", "2852039166", "[::ffff:a9fe:a9fe]", "metadata.google.internal")
    ),
    Case(
        name="a name that only the proxy looks up",
        world=documented("https://intranet.corp", rules={"server": True}, network={"proxy": _PROXY}),
        stage="address",
        seen="looked up by the proxy",
        fix="let `connectory.network.resolve` be `here`",
    ),
    Case(
        name="a header that names another host",
        world=documented("https://8.8.8.8", rules={"server": True}, headers={"Host": "inside.corp"}),
        stage="address",
        seen="inside.corp",
        fix="take the header `Host` away",
    ),
]

CASES = [*CONFIGURATION, *SECRETS, *NAMES, *ADDRESSES]
