"""The one table from errors to exit codes."""

from __future__ import annotations

from connectory.errors import (
    AmbiguousVariable,
    CallerError,
    CertificateUnusable,
    ConnectionNotFound,
    ConnectoryError,
    CredentialRefused,
    DocumentError,
    InvalidAnswer,
    NetworkError,
    OperatorError,
    ProxyUnusable,
    SecretUnavailable,
    ServiceError,
    StoreRefused,
    StoreUnavailable,
    StrangeOrigin,
    SubjectTokenUnavailable,
    TokenExchangeFailed,
    TokenExchangeRefused,
    TrustUnavailable,
)

DONE, FAILED, USAGE, WRONG_DOCUMENT, REFUSED, NETWORK, SERVICE, NOT_FOUND, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 7, 130

EXIT_CODES: dict[type[ConnectoryError], int] = {
    ConnectoryError: FAILED,
    CallerError: USAGE,
    StrangeOrigin: USAGE,
    OperatorError: WRONG_DOCUMENT,
    DocumentError: WRONG_DOCUMENT,
    AmbiguousVariable: WRONG_DOCUMENT,
    SecretUnavailable: REFUSED,
    TrustUnavailable: NETWORK,
    ProxyUnusable: NETWORK,
    CertificateUnusable: NETWORK,
    SubjectTokenUnavailable: REFUSED,
    CredentialRefused: REFUSED,
    NetworkError: NETWORK,
    ServiceError: SERVICE,
    InvalidAnswer: SERVICE,
    TokenExchangeFailed: SERVICE,
    TokenExchangeRefused: REFUSED,
    ConnectionNotFound: NOT_FOUND,
    StoreRefused: FAILED,
    StoreUnavailable: WRONG_DOCUMENT,
}

EXIT_OF_STAGE = {
    "configuration": WRONG_DOCUMENT,
    "secrets": REFUSED,
    "name": NETWORK,
    "address": NETWORK,
    "proxy": NETWORK,
    "tcp": NETWORK,
    "tls": NETWORK,
    "subject_token": REFUSED,
    "token_exchange": REFUSED,
    "authentication": REFUSED,
    "model": SERVICE,
    "answer": SERVICE,
    "stream": SERVICE,
}
"""What `connection test` exits with when a stage fails."""


def exit_code(error: ConnectoryError) -> int:
    """The exit code of an error: that of its class, or of the nearest class above it."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)
