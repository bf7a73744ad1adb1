"""The cast of every test about certificates: each is made when a test first asks for it."""

import dataclasses
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.upstream import certificates
from tests.upstream.certificates import Identity

_HERE = ("localhost", "127.0.0.1", "::1")


class Pki:
    """Two roots: `root` stands behind the servers, `client_root` behind the clients. Keys are EC where nothing is said.

    A test takes PEM text from an identity (`pki.root.pem`, `pki.client_rsa.key_pem`), and contexts from `tls.py`.
    """

    @cached_property
    def root(self) -> Identity:
        return certificates.authority("Test Root")

    @cached_property
    def intermediate(self) -> Identity:
        return certificates.authority("Test Intermediate", issuer=self.root)

    @cached_property
    def client_root(self) -> Identity:
        return certificates.authority("Test Client Root")

    @cached_property
    def other_root(self) -> Identity:
        """Nobody trusts it."""
        return certificates.authority("Other Root")

    @cached_property
    def server(self) -> Identity:
        """Good: for localhost, 127.0.0.1 and ::1, as are all the others but one."""
        return certificates.server("server", *_HERE, issuer=self.root)

    @cached_property
    def server_rsa(self) -> Identity:
        return certificates.server("server", *_HERE, issuer=self.root, key=certificates.rsa_key())

    @cached_property
    def server_wrong_host(self) -> Identity:
        return certificates.server("elsewhere", "elsewhere.test", issuer=self.root)

    @cached_property
    def server_expired(self) -> Identity:
        return certificates.server("server", *_HERE, issuer=self.root, days=-1)

    @cached_property
    def server_self_signed(self) -> Identity:
        return certificates.server("server", *_HERE, issuer=None)

    @cached_property
    def server_by_intermediate(self) -> Identity:
        """Good: it sends the intermediate too."""
        return certificates.server("server", *_HERE, issuer=self.intermediate)

    @cached_property
    def server_without_intermediate(self) -> Identity:
        """The same certificate, sent alone."""
        return dataclasses.replace(self.server_by_intermediate, chain=())

    @cached_property
    def client_rsa(self) -> Identity:
        return certificates.client("client-rsa", issuer=self.client_root, key=certificates.rsa_key())

    @cached_property
    def client_ec(self) -> Identity:
        return certificates.client("client-ec", issuer=self.client_root)

    @cached_property
    def client_ed25519(self) -> Identity:
        key = ed25519.Ed25519PrivateKey.generate()
        return certificates.client("client-ed25519", issuer=self.client_root, key=key)

    @cached_property
    def client_expired(self) -> Identity:
        return certificates.client("client-expired", issuer=self.client_root, days=-1)

    @cached_property
    def client_ending(self) -> Identity:
        """Good, and not for long."""
        return certificates.client("client-ending", issuer=self.client_root, days=10)

    @cached_property
    def client_of_another_ca(self) -> Identity:
        return certificates.client("client-other", issuer=self.other_root)
