"""A TLS handshake as it went, by OpenSSL's own word: what the other side showed, and what it asked for.

Python tells neither of a handshake that failed, nor whether a client certificate was asked for. It lets OpenSSL's
messages be watched (`SSLContext._msg_callback`, Python 3.8 to 3.14), and those have both.
"""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass

from connectory.certificates import Facts, facts_of_der
from connectory.pem import Unusable

_HANDSHAKE = 22  # the content type (RFC 8446, 5.1)
_CLIENT_HELLO, _CERTIFICATE, _CERTIFICATE_REQUEST = 1, 11, 13  # messages (RFC 8446, 4)
_HEAD = 4  # bytes before the body of a message: its type, and its length


@dataclass(slots=True)
class Handshake:
    """The last handshake of a context. `shown` are the certificates of the other side, its own first.

    `asked`: the other side wants a client certificate; `sent`: it got one.
    """

    begun: bool = False
    version: ssl.TLSVersion | None = None
    shown: tuple[Facts, ...] = ()
    asked: bool = False
    sent: bool = False

    def watch(self, context: ssl.SSLContext) -> None:
        """Look on from now on. The context must be nobody else's."""
        context._msg_callback = self._note  # type: ignore[attr-defined]

    def _note(self, line: object, direction: str, version: int, content: int, message: int, data: bytes) -> None:
        # OpenSSL has not judged the message yet: whatever is in it, an onlooker must not end the handshake.
        with contextlib.suppress(Exception):
            self._seen(direction, version, content, message, data)

    def _seen(self, direction: str, version: int, content: int, message: int, data: bytes) -> None:
        if content != _HANDSHAKE:
            return
        if message == _CLIENT_HELLO:
            self.begun, self.version, self.shown, self.asked, self.sent = True, None, (), False, False
        elif message == _CERTIFICATE_REQUEST:
            self.asked = True
        elif message == _CERTIFICATE and direction == "write":
            self.sent = bool(_certificates(data[_HEAD:], version))
        elif message == _CERTIFICATE:
            self.version = ssl.TLSVersion(version)
            self.shown = _facts(_certificates(data[_HEAD:], version))


def _certificates(body: bytes, version: int) -> list[bytes]:
    """The certificates of a message, as DER (RFC 8446, 4.4.2; RFC 5246, 7.4.2)."""
    newest = version >= ssl.TLSVersion.TLSv1_3
    rest = body[1 + body[0] :] if newest else body
    rest = rest[3 : 3 + int.from_bytes(rest[:3])]
    found = []
    while rest:
        certificate, rest = _counted(rest, 3)
        if newest:  # each has extensions
            _, rest = _counted(rest, 2)
        found.append(certificate)
    return found


def _counted(data: bytes, size: int) -> tuple[bytes, bytes]:
    """What `size` bytes in front say the length of, and the rest."""
    end = size + int.from_bytes(data[:size])
    return data[size:end], data[end:]


def _facts(certificates: list[bytes]) -> tuple[Facts, ...]:
    facts = []
    for certificate in certificates:
        try:
            facts.append(facts_of_der(certificate))
        except Unusable:  # whatever OpenSSL thinks of it, we have no word on it
            break
    return tuple(facts)
