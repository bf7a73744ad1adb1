"""TLS contexts: made of what a connection says of TLS, and kept: reading CAs costs more than the rest of a client."""

from __future__ import annotations

import dataclasses
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
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import httpcore2

from connectory import certificates
from connectory.certificates import Facts
from connectory.engine.failures import reason_of
from connectory.errors import CertificateUnusable, TrustUnavailable
from connectory.pem import Unusable, pem_of
from connectory.secret import Secret
from connectory.tls import CERTIFICATE, FULL, NONE, TLSSettings

_KEPT = 128
"""Contexts that are kept at most. One with the system's CAs takes about a megabyte."""

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context_of(settings: TLSSettings, *, now: float | None = None) -> ssl.SSLContext:
    """The context of a client. `now` are seconds since 1970, by default the clock's.

    References are read at every call. Equal content, in an equal environment, gives the same context, so clients can be
    keyed by it; whoever gets it changes nothing in it. Raises SecretUnavailable, TrustUnavailable, and
    CertificateUnusable, of a client certificate that is out of date too. May be called by any thread.
    """
    revealed = _revealed(settings)
    digest = _digest(revealed, _environment())
    made = _contexts.get(digest) or _contexts.keep(digest, _made(revealed))
    if made.client:
        at = datetime.fromtimestamp(time.time() if now is None else now, UTC)
        if problem := certificates.expiry_problem(made.client, at):
            raise CertificateUnusable("tls.certificate", problem)
    return made.context


def default_trust() -> ssl.SSLContext:
    """The context of those who say nothing of TLS: the system's CAs, or those that SSL_CERT_FILE or SSL_CERT_DIR names.

    The same one as long as these variables stay. Raises TrustUnavailable.
    """
    return context_of(TLSSettings())


def _system_trust() -> ssl.SSLContext:
    """A new context that trusts whom the system trusts."""
    file, folder = _environment()
    try:
        return _alike(httpcore2.default_ssl_context())
    except OSError as error:  # ssl's own errors too
        variable = "SSL_CERT_FILE" if file else "SSL_CERT_DIR"
        raise TrustUnavailable(variable, file or folder or "", reason_of(error)) from error


def _environment() -> tuple[str | None, str | None]:
    return os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")


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


def _revealed(settings: TLSSettings) -> TLSSettings:
    """The same with every reference read, once, and every default in its place."""
    return dataclasses.replace(
        settings,
        verification=None if settings.verification == FULL else settings.verification,
        certificate=_read(settings.certificate),
        private_key=_read(settings.private_key),
        ca=_read(settings.ca),
        ca_mode="replace" if settings.ca is None else settings.ca_mode,
    )


def _read(secret: Secret | None) -> Secret | None:
    return None if secret is None else Secret(secret.reveal())


def _digest(revealed: TLSSettings, environment: tuple[str | None, str | None]) -> bytes:
    secrets = (revealed.certificate, revealed.private_key, revealed.ca)
    texts = tuple(None if secret is None else secret.reveal() for secret in secrets)
    words = (revealed.verification, revealed.ca_mode, revealed.minimum_version, *environment)
    return _digest_of_words(words) if not any(texts) else hashlib.sha256(json.dumps([texts, words]).encode()).digest()


@functools.lru_cache(maxsize=_KEPT)
def _digest_of_words(words: tuple[str | None, ...]) -> bytes:
    """Without a secret among them they may be remembered."""
    return hashlib.sha256(json.dumps([None, words]).encode()).digest()


def _made(revealed: TLSSettings) -> _Made:
    context = _trusting(revealed)
    # The system's own policy may ask for more.
    context.minimum_version = max(context.minimum_version, _VERSIONS[revealed.minimum_version])
    if revealed.verification in (CERTIFICATE, NONE):
        context.check_hostname = False
    if revealed.verification == NONE:
        context.verify_mode = ssl.CERT_NONE
    return _Made(context, _identify(context, revealed))


def _trusting(revealed: TLSSettings) -> ssl.SSLContext:
    """A new context with the CAs that count. Where nothing is verified the system's need not even be there."""
    alone = revealed.verification == NONE or (revealed.ca is not None and revealed.ca_mode == "replace")
    context = _alike(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) if alone else _system_trust()
    if revealed.ca is not None:
        _trust_also(context, revealed.ca)
    return context


def _trust_also(context: ssl.SSLContext, ca: Secret) -> None:
    with _placed("tls.ca"):
        certificates.certificates_in(ca.reveal())
        refusal = None
        try:
            context.load_verify_locations(cadata=pem_of(ca.reveal()))
        except (ssl.SSLError, ValueError) as error:
            refusal = reason_of(error)
        if refusal:
            raise Unusable(f"is refused by OpenSSL: {refusal}")


def _identify(context: ssl.SSLContext, revealed: TLSSettings) -> Facts | None:
    """Give the context its client certificate; returns the facts of it."""
    certificate, key = revealed.certificate, revealed.private_key
    if certificate is None and key is None:
        return None
    if certificate is None:
        raise CertificateUnusable("tls.certificate", "is missing, and the private key is of no use without it")
    if key is None:
        raise CertificateUnusable("tls.private_key", "is missing, and the certificate is of no use without it")
    with _placed("tls.certificate"):
        facts, *_ = certificates.chain_in(certificate.reveal())
    with _placed("tls.private_key"):
        certificates.check_pair(certificate.reveal(), key.reveal())
    with _placed("tls.certificate"):
        _load(context, Secret(certificates.private_key_of(key.reveal()) + certificates.chain_of(certificate.reveal())))
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
