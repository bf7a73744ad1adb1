"""A URL that somebody wrote by hand: its parts, and what is wrong with it."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, unquote_to_bytes, urlsplit

from connectory.secret import Secret, holds_a_key, is_credential_parameter

HOST = re.compile(r"[\w.-]+|\[[0-9A-Fa-f:.]+\]")
_USER_INFO = re.compile(r"^([A-Za-z][\w+.-]*://)?.*@", re.DOTALL)
_BRACES = re.compile(r"[{}]|%7[BD]", re.IGNORECASE)
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_BROKEN_USER_INFO = "holds a user name or password with a percent escape that is none; `%` itself is written `%25`"
SHOWN = "holds what looks like a key, and would be shown to anybody; a key belongs in `credential.api_key`"


LONGEST = 16_000
"""Characters of a URL. Servers take no more than 8,000 or so."""


def parts_of(url: str, *, longest: int = LONGEST) -> SplitResult | None:
    """Scheme, host, path and query of a URL; None if its host or port cannot be read, or if it is too long for one."""
    if len(url) > longest:
        return None
    try:
        parts = urlsplit(url)
        return None if parts.port == 0 else parts
    except ValueError:
        return None


def escape_reason(text: str) -> str | None:
    """Why percent-encoded text cannot be decoded, in one sentence; None if it can."""
    if _BROKEN_ESCAPE.search(text):
        return "has a `%` that two hexadecimal digits do not follow; `%` itself is written `%25`"
    try:
        unquote_to_bytes(text.encode(errors="surrogatepass")).decode(errors="surrogatepass")
    except UnicodeDecodeError:
        return "has percent-encoded bytes in it that are not UTF-8 text"
    return None


@dataclass(frozen=True, slots=True)
class Parted:
    """A URL without its user info, and that, decoded."""

    url: str
    username: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def header(self) -> Secret | None:
        """What HTTP clients send for it (RFC 7617); None where both are empty."""
        if not self.username and not self.password:
            return None
        pair = f"{self.username}:{self.password}".encode()
        return Secret(f"Basic {base64.b64encode(pair).decode()}")


def parted(url: object) -> Parted | None:
    """A URL and its user info; None for one without, or whose user info cannot be read."""
    parts = parts_of(url) if isinstance(url, str) and url.isprintable() else None
    if parts is None or "@" not in parts.netloc:
        return None
    user_info = parts.netloc.rpartition("@")[0]
    username, _, password = user_info.partition(":")
    if escape_reason(user_info) or not user_info.isascii():
        return None
    return Parted(str(url).replace(f"//{user_info}@", "//", 1), unquote(username), unquote(password))


def is_tls(url: str) -> bool:
    """Whether a URL asks for TLS; its scheme may be written in capitals."""
    return url[:6].lower() == "https:"


def shown(url: str) -> str:
    """A URL as messages quote it: what stands before its `@` is a secret."""
    return _USER_INFO.sub(r"\1***@", url, count=1)


def whole_origin(scheme: str, host: str, port: int) -> str:
    """An origin as rules are found by it: with its port, IPv6 in brackets, and without the dot of the root.

    With or without that dot it is the same host: nobody steps past a rule for it by writing one.
    """
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host.removesuffix('.')}:{port}"


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, which may be shown to anybody."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def url_reason(url: str, *, schemes: tuple[str, ...] = ("http", "https")) -> str | None:
    """Why a URL cannot be used, in one sentence; None if it can."""
    if len(url) > LONGEST:
        return f"is longer than {LONGEST:,} characters, the most that a URL has"
    parts = parts_of(url)
    if parts is None:
        return "is no URL: its host or port cannot be read"
    host = parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}").removesuffix(":")
    checks = (
        (not url.isprintable() or " " in url, "has a blank, a line break or a control character in it"),
        (not url.isascii(), "has a character outside ASCII: write the host as `xn--...`, the rest percent-encoded"),
        (parts.scheme not in schemes, f"must begin with {' or '.join(f'`{scheme}://`' for scheme in schemes)}"),
        (_BRACES.search(url), "still has a part of a template in braces; put in what belongs there"),
        (not parts.hostname, "has no host"),
        ("@" in parts.netloc and escape_reason(parts.netloc), _BROKEN_USER_INFO),
        ("@" in parts.netloc, "holds a user name or password, which is no place for a credential"),
        (not HOST.fullmatch(host), "has a host with a character that no host has"),
        (parts.fragment, "has a part after `#`, which is never sent"),
        (_brings_a_key(parts), SHOWN),
    )
    return next((reason for failed, reason in checks if failed), None)


def secret_url_reason(url: str) -> str | None:
    """The same of a URL that secrets are sent to: without TLS only on this machine."""
    if reason := url_reason(url):
        return reason
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        return "must begin with `https://`: a secret is sent there"
    return None


def proxy_url_reason(url: str) -> str | None:
    """Why a URL cannot be that of a proxy, in one sentence; None if it can."""
    parts = parts_of(url)
    if parts and parts.scheme.startswith("socks"):
        return "is a SOCKS proxy: HTTP proxies only can be used"
    if reason := url_reason(url):
        return reason
    if parts and (parts.path.strip("/") or parts.query):
        return "has a path or a query, and a proxy has neither"
    return None


_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _brings_a_key(parts: SplitResult) -> bool:
    """Whether a key stands in a URL's path or query; a host is only a name."""
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return holds_a_key(parts.path) or any(is_credential_parameter(*pair) for pair in pairs)
