"""For whoever has a client certificate of one authority (mTLS)."""

from __future__ import annotations

import ssl
from pathlib import Path

from connectory.demo.gate import Gate


class ClientCertificateGate(Gate):
    """TLS itself turns everybody else away.

    `identity` is a file with the front's own certificate and key, `authority` the PEM of who issues clients theirs.
    """

    def __init__(self, identity: Path, *, authority: str) -> None:
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(identity)
        self.tls.load_verify_locations(cadata=authority)
        self.tls.verify_mode = ssl.CERT_REQUIRED
