"""`xpack.actions.customHostSettings`: what holds for one host and port, and what Kibana warns of when it starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from connectory.certificates import certificates_in
from connectory.dialects.actions_settings import CustomHost, HostMail, HostTLS
from connectory.dialects.limits import FILE
from connectory.dialects.old_modes import mode_of
from connectory.errors import Problem
from connectory.network.addresses import literal, plain_host
from connectory.network_policy import HostRule
from connectory.pem import Unusable
from connectory.secret import Secret, holds_a_key, looks_like_a_key
from connectory.tls import FULL
from connectory.transport import CA
from connectory.urls import HOST, shown, whole_origin

_PLACE = "xpack.actions.customHostSettings"
_PORTS = {"https": 443, "smtp": 25}
_TOLD = "In configuration xpack.actions.customHosts,"
"""How Kibana begins these warnings (kibana.git, `actions/server/lib/custom_host_settings.ts`)."""


class CustomHosts:
    """The entries, read one after the other: `rules` by origin, the `hosts` that they name, and what there is to tell.

    Files of CAs are relative to `folder`. They are read now and not again.
    """

    def __init__(self, entries: tuple[CustomHost, ...], *, folder: Path) -> None:
        self.rules: dict[str, HostRule] = {}
        self.hosts: set[str] = set()
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._folder = folder
        self._seen: set[str] = set()
        for index, entry in enumerate(entries):
            self._read(entry, f"{_PLACE}.{index}")

    def _read(self, entry: CustomHost, place: str) -> None:
        if entry.url is None:
            self.problems.append(Problem(f"{place}.url", "is required: the host, as `https://host` or with its port"))
            return
        url = _read_url(entry.url)
        rule = self._rule(entry, place)
        self.warnings += [Problem(place, f"{_TOLD} {told}") for told in (*url.told, *_of_mail(entry.smtp, url))]
        if url.origin is None:
            return
        if url.origin in self._seen:
            told = f'multiple URLs match the canonical url "{url.origin}"; only the first will be used'
            self.warnings.append(Problem(place, f"{_TOLD} {told}"))
            return
        self._seen.add(url.origin)
        if url.scheme == "https":
            self.hosts.add(plain_host(url.host))
            if rule:
                self.rules[whole_origin("https", url.host, url.port)] = rule

    def _rule(self, entry: CustomHost, place: str) -> HostRule | None:
        """What the entry says of TLS; without `ssl` nothing."""
        name, tls = ("ssl", entry.ssl) if entry.ssl else ("tls", entry.tls)
        if entry.tls:
            done = ", and left alone: `ssl` stands here too" if entry.ssl else ": write `ssl`"
            self.warnings.append(Problem(f"{place}.tls", f"is an old name{done}"))
        if tls is None:
            return None
        olds = [(f"{place}.{name}.rejectUnauthorized", tls.reject_unauthorized)]
        found = mode_of(f"{place}.ssl.verificationMode", tls.verification_mode, olds)
        self.warnings += found.warnings
        return HostRule(place=place, verification=found.mode or FULL, cas=tuple(self._cas(tls, f"{place}.{name}")))

    def _cas(self, tls: HostTLS, place: str) -> Iterator[CA]:
        if tls.authorities_data:
            yield self._ca(tls.authorities_data, f"{place}.certificateAuthoritiesData")
        for index, name in enumerate(tls.authorities_files or ()):
            at = f"{place}.certificateAuthoritiesFiles.{index}"
            text, problem = _read_file(self._folder, name)
            if problem:
                told = (
                    f'error reading file "{_quoted(name)}" specified in xpack.actions.customHosts, ignoring: {problem}'
                )
                self.warnings.append(Problem(at, told))
            else:
                yield self._ca(text, at)

    def _ca(self, text: str, place: str) -> CA:
        if reason := ca_reason(text):
            self.problems.append(Problem(place, reason))
        return CA(text=Secret(text), place=place)


def ca_reason(text: str) -> str | None:
    """Why text is of no use as CA certificates; None if it is."""
    try:
        certificates_in(text)
    except Unusable as unusable:
        return unusable.reason
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Url:
    """The URL of an entry, and what there is to tell of it. `origin` is how it is compared, None for an ignored one."""

    text: str
    told: tuple[str, ...]
    scheme: str = ""
    host: str = ""
    port: int = 0
    origin: str | None = None


def _read_url(text: str) -> _Url:
    """An ignored one has one thing said of it, the others all that is too much in them."""
    parts = _parts(text)
    if parts is None:
        return _Url(text=text, told=(f'invalid URL "{_quoted(text)}", ignoring; error: Invalid URL',))
    if parts.scheme not in _PORTS:
        return _Url(text=text, told=(f'unsupported protocol used in URL "{_quoted(text)}", ignoring',))
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    if not port:
        return _Url(text=text, told=(f'unable to determine port for URL "{_quoted(text)}", ignoring',))
    host = parts.hostname or ""
    return _Url(
        text=text,
        told=tuple(_of_more(text, parts)),
        scheme=parts.scheme,
        host=host,
        port=port,
        origin=whole_origin(parts.scheme, host, port),
    )


def _parts(url: str) -> SplitResult | None:
    """None for what is no URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2].removesuffix(f":{port}").removesuffix(":")
    is_host = bool(HOST.fullmatch(host)) or literal(host) is not None
    return parts if parts.scheme and (is_host or parts.scheme not in _PORTS) else None


def _of_more(text: str, parts: SplitResult) -> Iterator[str]:
    if "@" in parts.netloc:
        yield (
            f'URL "{_quoted(text)}" contains authentication information which will be ignored, but should be removed '
            "from the configuration"
        )
    if parts.fragment:
        yield f'URL "{_quoted(text)}" contains hash information which will be ignored'
    if parts.path not in ("", "/"):
        yield f'URL "{_quoted(text)}" contains path information which will be ignored'


def _of_mail(mail: HostMail | None, url: _Url) -> Iterator[str]:
    if mail is None or url.origin is None:
        return
    if url.scheme != "smtp":
        yield f'URL "{_quoted(url.text)}" contains smtp properties but does not use smtp; ignoring smtp properties'
    elif mail.ignore_tls and mail.require_tls:
        yield (
            f'URL "{_quoted(url.text)}" cannot have both requireTLS and ignoreTLS set to true; using requireTLS: true '
            "and ignoreTLS: false"
        )


def _quoted(text: str) -> str:
    """Text that Kibana quotes, without what must not be seen, or cannot."""
    if holds_a_key(text) or looks_like_a_key(text):
        return "***"
    return shown(text) if text.isprintable() else ascii(shown(text))[1:-1]


def _read_file(folder: Path, name: str) -> tuple[str, str | None]:
    """The text of a file, or why it cannot be read."""
    try:
        with (folder / name).open("rb") as file:
            return file.read(FILE.text).decode("utf-8", "replace"), None
    except OSError as error:
        return "", (error.strerror or "no reason given").lower()
    except ValueError:  # a NUL in it
        return "", "it has a name that no file can have"
