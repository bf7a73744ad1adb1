"""TLS contexts: made of what a connection says of TLS, and kept: reading CAs costs more than the rest of a client."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import ssl
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import httpx2

from connectory import certificates
from connectory.certificates import Facts
from connectory.engine.failures import reason_of
from connectory.errors import CertificateUnusable, TrustUnavailable
from connectory.pem import Unusable, pem_of
from connectory.secret import Secret
from connectory.tls import CERTIFICATE, NONE
from connectory.transport import ClientCertificate, Trust

_KEPT = 128
"""Contexts that are kept at most. One with the system's CAs takes about a megabyte."""

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context_of(trust: Trust, identity: ClientCertificate | None = None, *, now: float | None = None) -> ssl.SSLContext:
    """The context of a client. `now` are seconds since 1970, by default the clock's.

    References are read at every call, and files in the place of the system's CAs when they have changed. Equal content
    gives the same context, so clients can be keyed by it; whoever gets it changes nothing in it. May be called by any
    thread. Raises SecretUnavailable, TrustUnavailable, and CertificateUnusable, of a client certificate that is out of
    date too.
    """
    told = _Told.of(trust, identity)
    digest = told.digest()
    made = _contexts.get(digest) or _contexts.keep(digest, _made(told))
    return _in_date(made, time.time() if now is None else now)


def new_context_of(trust: Trust, identity: ClientCertificate | None = None) -> ssl.SSLContext:
    """The same, made anew and nobody else's: whoever gets it may change it. Raises as `context_of`."""
    return _in_date(_made(_Told.of(trust, identity)), time.time())


def _in_date(made: _Made, now: float) -> ssl.SSLContext:
    if made.client and (problem := certificates.expiry_problem(made.client, datetime.fromtimestamp(now, UTC))):
        raise CertificateUnusable("tls.certificate", problem)
    return made.context


def _trust_in_the_place(trust: Trust) -> ssl.SSLContext:
    """A new context that trusts whom the system trusts, or those in the file or folder that stands in its place."""
    if trust.file is None and trust.folder is None:
        return _alike(httpx2.create_ssl_context(trust_env=False))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(trust.file, trust.folder)
    except OSError as error:  # ssl's own errors too
        variable = "SSL_CERT_FILE" if trust.file else "SSL_CERT_DIR"
        raise TrustUnavailable(variable, trust.file or trust.folder or "", reason_of(error)) from error
    return _alike(context)


def _alike(context: ssl.SSLContext) -> ssl.SSLContext:
    """The same judgement in every Python: whatever certificate is listed is trusted, and may lack what RFC 5280 asks.

    Python 3.13 sets both flags, in `ssl.create_default_context` only; CAs that organisations make for themselves often
    have no key identifiers.
    """
    context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    return context


@dataclass(frozen=True, slots=True)
class _Made:
    """A context, and the facts of its client certificate, whose dates are judged at every use."""

    context: ssl.SSLContext
    client: Facts | None


class _Contexts:
    """The contexts made last. Keys are digests, for the content has private keys in it."""

    def __init__(self) -> None:
        self._made: OrderedDict[bytes, _Made] = OrderedDict()
        self.forget_lock()

    def forget_lock(self) -> None:
        """After a fork: a thread that stayed in the parent may have held it."""
        self._lock = threading.Lock()

    def get(self, digest: bytes) -> _Made | None:
        with self._lock:
            if digest in self._made:
                self._made.move_to_end(digest)
            return self._made.get(digest)

    def keep(self, digest: bytes, made: _Made) -> _Made:
        """What is kept from now on: another thread may have been faster."""
        with self._lock:
            kept = self._made.setdefault(digest, made)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
            return kept


_contexts = _Contexts()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_contexts.forget_lock)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a context is made of: the trust, and the texts of what it names, each read once."""

    trust: Trust
    cas: tuple[str, ...] = field(repr=False)
    certificate: str | None = field(repr=False)
    private_key: str | None = field(repr=False)

    @classmethod
    def of(cls, trust: Trust, identity: ClientCertificate | None) -> _Told:
        certificate, key = (identity.certificate, identity.private_key) if identity else (None, None)
        return cls(
            trust,
            tuple(ca.text.reveal() for ca in trust.cas),
            None if certificate is None else certificate.reveal(),
            None if key is None else key.reveal(),
        )

    def digest(self) -> bytes:
        trust = self.trust
        kept = (trust.file, _stamp(trust.file), trust.folder, _stamp(trust.folder))
        words = (trust.verification, trust.alone, *kept, trust.minimum_version)
        texts = (*self.cas, self.certificate, self.private_key)
        if not any(texts):
            return _digest_of_words(words)
        return hashlib.sha256(json.dumps([len(self.cas), texts, words]).encode()).digest()


def _stamp(path: str | None) -> str | None:
    """Changes when what is at a path does: CAs are put there anew while processes go on."""
    if path is None:
        return None
    try:
        found = os.stat(path)
    except OSError:
        return "nothing"
    return f"{found.st_mtime_ns} {found.st_size} {found.st_ino}"


@functools.lru_cache(maxsize=_KEPT)
def _digest_of_words(words: tuple[str | bool | None, ...]) -> bytes:
    """Without a secret among them they may be remembered."""
    return hashlib.sha256(json.dumps([0, [], words]).encode()).digest()


def _made(told: _Told) -> _Made:
    trust, context = told.trust, _trusting(told)
    # The system's own policy may ask for more.
    context.minimum_version = max(context.minimum_version, _VERSIONS[trust.minimum_version])
    if trust.verification in (CERTIFICATE, NONE):
        context.check_hostname = False
    if trust.verification == NONE:
        context.verify_mode = ssl.CERT_NONE
    return _Made(context, _identify(context, told.certificate, told.private_key))


def _trusting(told: _Told) -> ssl.SSLContext:
    """A new context with the CAs that count. Where nothing is verified the system's need not even be there."""
    alone = told.trust.alone or told.trust.verification == NONE
    context = _alike(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) if alone else _trust_in_the_place(told.trust)
    for ca, text in zip(told.trust.cas, told.cas, strict=True):
        _trust_also(context, text, ca.place)
    return context


def _trust_also(context: ssl.SSLContext, ca: str, place: str) -> None:
    with _placed(place):
        certificates.certificates_in(ca)
        refusal = None
        try:
            context.load_verify_locations(cadata=pem_of(ca))
        except (ssl.SSLError, ValueError) as error:
            refusal = reason_of(error)
        if refusal:
            raise Unusable(f"is refused by OpenSSL: {refusal}")


def _identify(context: ssl.SSLContext, certificate: str | None, key: str | None) -> Facts | None:
    """Give the context its client certificate; returns the facts of it."""
    if certificate is None and key is None:
        return None
    if certificate is None:
        raise CertificateUnusable("tls.certificate", "is missing, and the private key is of no use without it")
    if key is None:
        raise CertificateUnusable("tls.private_key", "is missing, and the certificate is of no use without it")
    with _placed("tls.certificate"):
        facts, *_ = certificates.chain_in(certificate)
    with _placed("tls.private_key"):
        certificates.check_pair(certificate, key)
    with _placed("tls.certificate"):
        _load(context, Secret(certificates.private_key_of(key) + certificates.chain_of(certificate)))
    # A service may ask for the certificate only once it knows which path is wanted (RFC 8446, 4.6.2).
    context.post_handshake_auth = True
    return facts


def _load(context: ssl.SSLContext, identity: Secret) -> None:
    """OpenSSL reads certificates from files only. Where the system has files in memory, no disk sees the key."""
    refusal = None
    try:
        with _in_memory(identity) if hasattr(os, "memfd_create") else _in_private_folder(identity) as path:
            context.load_cert_chain(path, password=_no_pass_phrase)
    except (OSError, ValueError) as error:  # ssl's errors are OSErrors; out here, so that none goes along with ours
        refusal = reason_of(error)
    if refusal:
        raise Unusable(f"is refused by OpenSSL: {refusal}")


@contextmanager
def _in_memory(identity: Secret) -> Iterator[str]:
    descriptor = os.memfd_create("connectory", os.MFD_CLOEXEC)
    with open(descriptor, "wb") as file:
        file.write(identity.reveal().encode())
        file.flush()
        yield f"/proc/self/fd/{descriptor}"


@contextmanager
def _in_private_folder(identity: Secret) -> Iterator[str]:
    """A folder that nobody else may enter (0700), with one file (0600); both are gone at the end."""
    with tempfile.TemporaryDirectory(prefix="connectory-") as folder:
        path = Path(folder, "identity.pem")
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(identity.reveal().encode())
        yield str(path)


def _no_pass_phrase() -> NoReturn:
    """Without it OpenSSL would ask on the terminal."""
    raise ValueError("the private key is encrypted")


@contextmanager
def _placed(place: str) -> Iterator[None]:
    try:
        yield
    except Unusable as problem:
        raise CertificateUnusable(place, problem.reason) from problem
