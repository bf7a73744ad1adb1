"""Proxies that others have written, as Debian packages them: tinyproxy, squid, haproxy. Each runs on loopback.

They are started from a configuration that is written on the spot, in a folder that their own users may read.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.upstream.certificates import Identity

PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def program(name: str) -> str | None:
    """Where a program is, if it is there; Debian puts daemons where plain users do not look."""
    return shutil.which(name, path=PATH)


@contextlib.contextmanager
def tinyproxy(*, login: tuple[str, str] | None = None) -> Iterator[str]:
    """The URL of a tinyproxy that lets everybody through, or everybody with this user name and password."""
    port = _free_port()
    auth = f"BasicAuth {login[0]} {login[1]}\n" if login else ""
    with _folder() as folder:
        (folder / "conf").write_text(
            f"Port {port}\nListen 127.0.0.1\nMaxClients 50\nTimeout 60\nAllow 127.0.0.1\n{auth}"
        )
        with _running("tinyproxy", "-d", "-c", str(folder / "conf"), port=port):
            yield f"http://127.0.0.1:{port}"


_SQUID = """
http_port 127.0.0.1:{port}
pid_filename {folder}/pid
access_log none
cache_log {folder}/log
cache deny all
coredump_dir {folder}
shutdown_lifetime 0 seconds
visible_hostname localhost
pinger_enable off
netdb_filename none
{rules}
http_access allow all
"""

_ASKING = """
auth_param basic program {folder}/asked
acl known proxy_auth REQUIRED
http_access deny !known
"""

_ASKED = """#!/bin/sh
while read -r line; do
  if [ "$line" = "{0} {1}" ]; then echo OK; else echo ERR; fi
done
"""


@contextlib.contextmanager
def squid(*, login: tuple[str, str] | None = None, denied: int | None = None) -> Iterator[str]:
    """The URL of a squid. `denied` is a port that nobody may reach through it."""
    port = _free_port()
    with _folder() as folder:
        rules = _ASKING.format(folder=folder) if login else ""
        if login:
            (folder / "asked").write_text(_ASKED.format(*login))
            (folder / "asked").chmod(0o755)
        if denied:
            rules += f"acl forbidden port {denied}\nhttp_access deny forbidden\n"
        (folder / "conf").write_text(_SQUID.format(port=port, folder=folder, rules=rules))
        with _running("squid", "-N", "-f", str(folder / "conf"), port=port):
            yield f"http://127.0.0.1:{port}"


_HAPROXY = """
global
  maxconn 100
defaults
  mode {mode}
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:{port} ssl crt {folder}/server.pem {demanding}
  default_backend back
backend back
  server far {target}
"""


@contextlib.contextmanager
def haproxy(identity: Identity, target: str, *, mode: str = "tcp", demanding: Identity | None = None) -> Iterator[str]:
    """The URL of a haproxy that ends TLS before `target` (`host:port`); `demanding` is the CA of clients."""
    port = _free_port()
    with _folder() as folder:
        (folder / "server.pem").write_text(identity.chain_pem + identity.key_pem)
        demands = ""
        if demanding:
            (folder / "clients.pem").write_text(demanding.pem)
            demands = f"ca-file {folder}/clients.pem verify required"
        text = _HAPROXY.format(mode=mode, port=port, folder=folder, demanding=demands, target=target)
        (folder / "conf").write_text(text)
        with _running("haproxy", "-db", "-f", str(folder / "conf"), port=port):
            yield f"https://127.0.0.1:{port}"


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="real-proxy-") as name:
        folder = Path(name)
        folder.chmod(0o777)  # who starts as root goes on as a user of its own
        yield folder


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def _running(name: str, *arguments: str, port: int) -> Iterator[None]:
    """Until the block is left; entered as soon as it listens. Raises RuntimeError with its last words."""
    command = [program(name) or name, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        _wait_for(process, port, name)
        yield
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
        if process.stdout:
            process.stdout.close()


def _wait_for(process: "subprocess.Popen[str]", port: int, name: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    process.kill()
    raise RuntimeError(f"{name} does not listen: {process.stdout.read()[-2000:] if process.stdout else ''}")
