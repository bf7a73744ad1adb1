"""Certificates made on the spot: who issues them, and what comes out, as PEM text."""

import datetime
import hashlib
import ipaddress
import ssl
from dataclasses import dataclass
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_DAY = datetime.timedelta(days=1)
_AGE, _LIFE = 30, 90
"""Days: more than those before its end in which a certificate is warned of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A certificate, its private key, and the certificates that are sent after it."""

    certificate: x509.Certificate
    key: PrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def common_name(self) -> str:
        """What `Received.peer_certificate` says of a connection with this certificate."""
        return str(self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    @property
    def pem(self) -> str:
        """The certificate alone."""
        return pem(self.certificate)

    @property
    def chain_pem(self) -> str:
        """What a side presents: the certificate, then those that issued it, without the root."""
        return "".join(pem(each) for each in (self.certificate, *self.chain))

    @property
    def key_pem(self) -> str:
        """PKCS#8: `BEGIN PRIVATE KEY`."""
        return self._key(PrivateFormat.PKCS8)

    @property
    def traditional_key_pem(self) -> str:
        """PKCS#1 (`BEGIN RSA PRIVATE KEY`) or SEC 1 (`BEGIN EC PRIVATE KEY`). Raises ValueError for Ed25519."""
        return self._key(PrivateFormat.TraditionalOpenSSL)

    def encrypted_key_pem(self, password: str) -> str:
        """PKCS#8: `BEGIN ENCRYPTED PRIVATE KEY`."""
        encryption = serialization.BestAvailableEncryption(password.encode())
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()

    @property
    def sha256(self) -> bytes:
        """The thumbprint."""
        return hashlib.sha256(self.certificate.public_bytes(Encoding.DER)).digest()

    def _key(self, form: PrivateFormat) -> str:
        return self.key.private_bytes(Encoding.PEM, form, serialization.NoEncryption()).decode()


class StrangeIdentity(Identity):
    """An identity whose certificate says that it is of a version that there is not: OpenSSL sends it nevertheless."""

    @property
    def chain_pem(self) -> str:
        der = bytearray(self.certificate.public_bytes(Encoding.DER))
        der[der.index(b"\xa0\x03\x02\x01\x02") + 4] = 25
        return ssl.DER_cert_to_PEM_cert(bytes(der))


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def authority(name: str, *, issuer: Identity | None = None) -> Identity:
    """A CA: a root, or an intermediate when another has issued it."""
    key = ec_key()
    builder = _builder(name, key, issuer, days=_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return _signed(builder.add_extension(_usage(ca=True), critical=True), key, issuer)


def server(
    name: str,
    *hosts: str,
    issuer: Identity | None,
    key: PrivateKey | None = None,
    days: int = _LIFE,
    since: int = _AGE,
) -> Identity:
    """For a server on these names and addresses; self-signed when nobody issues it.

    It is good for so many `days` from now on, and `since` so many; expired, or not yet good, with other signs.
    """
    own = key or ec_key()
    builder = _leaf(name, own, issuer, ExtendedKeyUsageOID.SERVER_AUTH, days=days, since=since)
    names = x509.SubjectAlternativeName([_host(host) for host in hosts])
    return _signed(builder.add_extension(names, critical=False), own, issuer)


def client(name: str, *, issuer: Identity, key: PrivateKey | None = None, days: int = _LIFE) -> Identity:
    """Good for so many days from now on; expired, if they are less than none."""
    own = key or ec_key()
    return _signed(_leaf(name, own, issuer, ExtendedKeyUsageOID.CLIENT_AUTH, days=days), own, issuer)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _leaf(
    name: str,
    key: PrivateKey,
    issuer: Identity | None,
    usage: x509.ObjectIdentifier,
    *,
    days: int,
    since: int = _AGE,
) -> x509.CertificateBuilder:
    builder = _builder(name, key, issuer, days=days, since=since)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(ca=False), critical=True)
    return builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)


def _builder(
    name: str, key: PrivateKey, issuer: Identity | None, *, days: int, since: int = _AGE
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issued_by = subject if issuer is None else issuer.certificate.subject
    signer = key if issuer is None else issuer.key
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(
        issuer_name=issued_by,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
    )
    builder = builder.not_valid_before(now - since * _DAY).not_valid_after(now + days * _DAY)
    # Python 3.13 verifies strictly (RFC 5280), and then both identifiers must be there.
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return builder.add_extension(identifier, critical=False)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _signed(builder: x509.CertificateBuilder, key: PrivateKey, issuer: Identity | None) -> Identity:
    signer = key if issuer is None else issuer.key
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    # A root is not sent: the other side has it, or does not trust it.
    above = () if issuer is None or issuer.certificate.issuer == issuer.certificate.subject else (issuer.certificate,)
    chain = above + (() if issuer is None else issuer.chain)
    return Identity(certificate=builder.sign(signer, digest), key=key, chain=chain)
