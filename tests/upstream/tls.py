"""TLS contexts for `running(..., tls=...)`, and one for clients that a test writes by hand."""

import ssl
import tempfile
import warnings
from pathlib import Path

from tests.upstream.certificates import Identity


def tls_server(
    identity: Identity, *, demanding: Identity | None = None, asking: Identity | None = None
) -> ssl.SSLContext:
    """A server with this certificate.

    `demanding` is the CA that a client's certificate must come of; `asking` the same, but a client may have none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load(context, identity)
    authority = demanding or asking
    if authority is not None:
        context.load_verify_locations(cadata=authority.pem)
        context.verify_mode = ssl.CERT_OPTIONAL if demanding is None else ssl.CERT_REQUIRED
    return context


def old_tls_server(identity: Identity) -> ssl.SSLContext:
    """A server that speaks TLS 1.1 at most, which no client of today accepts."""
    context = tls_server(identity)
    _allow_old(context)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def tls_client(root: Identity, *, identity: Identity | None = None) -> ssl.SSLContext:
    """A client that trusts this root alone, and presents a certificate if it is given one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=root.pem)
    if identity is not None:
        _load(context, identity)
    return context


def old_tls_client(root: Identity) -> ssl.SSLContext:
    """A client that still speaks what `old_tls_server` does."""
    context = tls_client(root)
    _allow_old(context)
    return context


def _allow_old(context: ssl.SSLContext) -> None:
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1


def _load(context: ssl.SSLContext, identity: Identity) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "identity.pem"
        path.write_text(identity.key_pem + identity.chain_pem)
        context.load_cert_chain(path)
