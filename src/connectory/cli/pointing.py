"""Where to look when a service cannot be used: the doctor knows more than an error says."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from connectory.errors import CertificateUnusable, NetworkError, ProxyUnusable, ServiceError, TrustUnavailable

_EXAMINED = (NetworkError, ServiceError, ProxyUnusable, TrustUnavailable, CertificateUnusable)


@contextlib.contextmanager
def pointing_to_doctor(id: str) -> Iterator[None]:
    """Inside, an error on the way to the service of this connection says which command examines that way."""
    try:
        yield
    except _EXAMINED as error:
        error.add_note(f"`connectory connection test {id}` says where it fails, and how to mend it")
        raise
