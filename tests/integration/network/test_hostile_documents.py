"""Whatever a document says, a server dials nobody whom the policy forbids."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectory import execute
from connectory.dialects import airflow, kibana, own
from connectory.errors import ConnectoryError, DocumentError
from tests.integration.connections import HELLO
from tests.integration.network.paths import GRANTED, on_server
from tests.unit.network.spellings import new_spelling, old_spelling

UNHURRIED = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))


class Silent:
    """A listener on every address of this machine that knows whether anybody came."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self.port = listening.getsockname()[1]

    def visited(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            self._listening.accept()[0].close()
            return True
        return False


@pytest.fixture(scope="module")
def silent() -> Iterator[Silent]:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listening:
        listening.setblocking(False)
        yield Silent(listening)


@pytest.fixture(scope="module")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("pod") / "token"
    file.write_text("subject-1")
    return file


LOOPBACK = [IPv4Address("127.0.0.1"), IPv4Address("127.1.2.3"), IPv4Address("0.0.0.0")]
FULLWIDTH = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}


@st.composite
def here(draw: st.DrawFn) -> str:
    """A host that may come out at this machine."""
    address = draw(st.sampled_from(LOOPBACK))
    old = draw(st.one_of(st.just(str(address)), old_spelling(address)))
    new = draw(new_spelling(IPv6Address(0xFFFF << 32 | int(address))))
    host = draw(st.sampled_from([old, f"[{new}]", "[::1]", "[::]", "localhost", "LocalHost", "ip6-localhost"]))
    change = draw(
        st.just(str) | st.sampled_from([_with_other_digits, _with_other_dots, _with_a_tab, _with_a_line, _escaped])
    )
    return change(host)


def _with_other_digits(host: str) -> str:
    return host.translate(FULLWIDTH)


def _with_other_dots(host: str) -> str:
    return host.replace(".", "\u3002")


def _with_a_tab(host: str) -> str:
    return host[:2] + "\t" + host[2:]


def _with_a_line(host: str) -> str:
    return host[:2] + "\r\n" + host[2:]


def _escaped(host: str) -> str:
    return "".join(f"%{ord(letter):02x}" for letter in host)


FORMS = [
    "{scheme}://{host}:{port}{path}",
    "{scheme}://{granted}@{host}:{port}{path}",
    "{scheme}://{granted}:{port}@{host}:{port}{path}",
    "{scheme}://{granted}\\@{host}:{port}{path}",
    "{scheme}://{host}:{port}\\@{granted}{path}",
    "{scheme}://{host}:{port}#@{granted}{path}",
    "{scheme}://{host}:{port}?@{granted}{path}",
    "{scheme}://{granted}#@{host}:{port}{path}",
    "{scheme}://{granted}%00@{host}:{port}{path}",
    "{scheme}://{granted}%00.{host}:{port}{path}",
    "{scheme}:\\\\{host}:{port}{path}",
    "{scheme}:{host}:{port}{path}",
    "{scheme}:///{host}:{port}{path}",
    " {scheme}://{host}:{port}{path}",
    "\t{scheme}://{host}:{port}{path}\n",
    "//{host}:{port}{path}",
    "{host}:{port}{path}",
    "{scheme}://{host}.:{port}{path}",
    "{scheme}://{host}%20:{port}{path}",
    "{scheme}://{host}:0{port}{path}",
    "{scheme}://{granted}//{host}:{port}{path}",
]


@st.composite
def leading_here(draw: st.DrawFn) -> str:
    """A URL with the place of the port left open."""
    scheme = draw(st.sampled_from(["http", "HTTP", "https"]))
    path = draw(st.sampled_from(["/v1", "", "/", "/v1/chat/completions", "//v1"]))
    form = draw(st.just(FORMS[0]) | st.sampled_from(FORMS))
    return form.replace("{port}", "PORT").format(scheme=scheme, host=draw(here()), granted=GRANTED, path=path)


def identity(token_file: Path, url: str) -> dict[str, Any]:
    source = {"kind": "kubernetes", "token_file_path": str(token_file)}
    ids = {"identity_provider_id": "i", "service_account_id": "s"}
    return {"kind": "workload_identity", **ids, "source": source, "exchange_url": url}


def documents(url: str, token_file: Path) -> dict[str, dict[str, Any]]:
    """The URL in every place where a document may have one. Nobody listens at the address that is granted."""
    good = {"provider": "other", "url": f"http://{GRANTED}:9/v1", "credential": {"api_key": "sk-test"}, "model": "m"}
    entra = {"kind": "entra", "tenant_id": "t", "client_id": "c", "client_secret": "s", "authority": url}
    azure = {"provider": "azure", "url": f"http://{GRANTED}:9/openai/v1"}
    return {
        "url": {**good, "url": url},
        "endpoint": {**good, "endpoint": url},
        "both": {**good, "url": url, "endpoint": url},
        "base_url": {**good, "client": {"base_url": url}},
        "proxy": {**good, "network": {"proxy": url.removesuffix("/chat/completions").removesuffix("/v1")}},
        "exchange": {**good, "credential": identity(token_file, url)},
        "authority": {**good, **azure, "credential": entra},
        "host": {**good, "headers": {"Host": url.partition("//")[2]}},
    }


PLACES = ["url", "endpoint", "both", "base_url", "proxy", "exchange", "authority", "host"]


@UNHURRIED
@given(url=leading_here(), place=st.sampled_from(PLACES))
def test_no_document_of_ours_leads_here(silent: Silent, token_file: Path, url: str, place: str) -> None:
    document = documents(url.replace("PORT", str(silent.port)), token_file)[place]
    with contextlib.suppress(DocumentError):
        connection = own.read("it", document)
        with pytest.raises(ConnectoryError):
            execute(on_server(connection, GRANTED), HELLO)
    assert not silent.visited()


@UNHURRIED
@given(url=leading_here(), is_proxy=st.booleans())
def test_no_document_of_airflows_leads_here(silent: Silent, url: str, is_proxy: bool) -> None:
    url = url.replace("PORT", str(silent.port))
    extra = {"provider": "other", "model": "m", **({"proxy": url} if is_proxy else {})}
    host = f"http://{GRANTED}:9/v1" if is_proxy else url
    with contextlib.suppress(DocumentError):
        connection = airflow.read(
            "it", {"conn_type": "openai", "host": host, "password": "k", "extra": json.dumps(extra)}
        )
        with pytest.raises(ConnectoryError):
            execute(on_server(connection, GRANTED), HELLO)
    assert not silent.visited()


@UNHURRIED
@given(url=leading_here())
def test_no_document_of_elastics_leads_here(silent: Silent, url: str) -> None:
    config = {"apiProvider": "Other", "apiUrl": url.replace("PORT", str(silent.port)), "defaultModel": "m"}
    document = {"actionTypeId": ".gen-ai", "name": "it", "config": config, "secrets": {"apiKey": "k"}}
    with contextlib.suppress(DocumentError):
        connection = kibana.read("it", document)
        with pytest.raises(ConnectoryError):
            execute(on_server(connection, GRANTED), HELLO)
    assert not silent.visited()
