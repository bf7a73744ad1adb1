"""The tree of errors is whole: drawn in the docstring, coded, carried between processes, and known to the shell."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Iterator
from typing import Any

import pytest

from connectory import errors
from connectory.cli.exits import EXIT_CODES, exit_code
from connectory.errors import (
    AddressRefused,
    AmbiguousVariable,
    AnswerTooLarge,
    CallerError,
    CertificateUnusable,
    ClientCertificateRefused,
    ConnectionBroken,
    ConnectionExists,
    ConnectionNotFound,
    ConnectoryError,
    CredentialRefused,
    DialectError,
    DocumentError,
    HostNotAllowed,
    InvalidAnswer,
    NameNotResolved,
    NetworkError,
    OperatorError,
    Problem,
    ProxyFailed,
    ProxyUnusable,
    ReadOnly,
    SecretUnavailable,
    ServiceError,
    ServiceUnreachable,
    StaleRevision,
    StoreRefused,
    StoreUnavailable,
    StrangeOrigin,
    SubjectTokenUnavailable,
    TimedOut,
    TLSFailed,
    TokenExchangeFailed,
    TokenExchangeRefused,
    TrustUnavailable,
)

ORIGIN = "https://api.example.com"

EXAMPLES: dict[ConnectoryError, tuple[str, str, int]] = {
    ConnectoryError("It failed."): ("It failed.", "error", 1),
    OperatorError("It is kept wrong."): ("It is kept wrong.", "operator_error", 3),
    DocumentError("connection 'a'", [Problem("client.timeout", "must be a number, not text")]): (
        "connection 'a' is wrong: client.timeout: must be a number, not text",
        "invalid_document",
        3,
    ),
    DocumentError("connection 'a'", [Problem("", "must be an object, not a list")]): (
        "connection 'a' must be an object, not a list",
        "invalid_document",
        3,
    ),
    DocumentError("connection 'a'", [Problem("url", "has no host"), Problem("", "is odd")]): (
        "connection 'a' has 2 problems:\n  url: has no host\n  is odd",
        "invalid_document",
        3,
    ),
    DialectError("connection 'a' in Airflow's words", [Problem("gateway", "has no place there")]): (
        "connection 'a' in Airflow's words is wrong: gateway: has no place there",
        "cannot_be_said",
        3,
    ),
    StoreUnavailable("The store is not there."): ("The store is not there.", "store_unavailable", 3),
    StoreRefused("It is taken."): ("It is taken.", "refused", 1),
    ConnectionExists("a", space="default"): (
        "There is a connection 'a' already: change it (`connectory connection update a`), or take another id.",
        "connection_exists",
        1,
    ),
    ConnectionExists("a", space="b"): (
        "There is a connection 'a' already in the space 'b': change it (`connectory connection update a`), or take "
        "another id.",
        "connection_exists",
        1,
    ),
    StaleRevision("a", expected=1, actual=3, changed_by="ann", changed_at=0.5, changed=["url", "model"]): (
        "The connection 'a' was changed (url, model) by ann at 1970-01-01 00:00:00 UTC: it is at revision 3, not 1. "
        "Look at it again and repeat the change.",
        "stale_revision",
        1,
    ),
    StaleRevision("a", expected=2, actual=None, changed_by="ann"): (
        "The connection 'a' was removed by ann. Look at it again and repeat the change.",
        "stale_revision",
        1,
    ),
    ReadOnly("a", place="the variable X"): (
        "The connection 'a' is kept in the variable X, which is only read here: change it there.",
        "read_only",
        1,
    ),
    AmbiguousVariable("CONNECTORY_CONNECTION_A_B", ["a-b", "a.b"]): (
        "The variable CONNECTORY_CONNECTION_A_B could mean 'a-b' and 'a.b': rename one of them, or unset the variable.",
        "ambiguous_variable",
        3,
    ),
    SecretUnavailable("env:KEY", "the variable is not set"): (
        "The secret env:KEY cannot be read: the variable is not set.",
        "secrets_missing",
        4,
    ),
    StrangeOrigin("llm", home="https://a.example.com", url="https://b.example.com"): (
        "The connection 'llm' belongs to https://a.example.com, and its secrets go nowhere else: for "
        "https://b.example.com make a connection of its own, or give an `api_key` if the connection has no other "
        "secrets.",
        "invalid_request",
        2,
    ),
    TrustUnavailable("SSL_CERT_FILE", "/etc/ca.pem", "no such file"): (
        "The CA certificates at /etc/ca.pem, which SSL_CERT_FILE names, cannot be read: no such file.",
        "upstream_tls",
        5,
    ),
    CertificateUnusable("tls.certificate", "expired on 2026-11-01"): (
        "`tls.certificate` cannot be used: it expired on 2026-11-01.",
        "upstream_tls",
        5,
    ),
    SubjectTokenUnavailable("There is no token file."): (
        "There is no token file.",
        "token_exchange_failed",
        4,
    ),
    ConnectionNotFound("opanai", looked_in=["variable A", "file b"], nearest=["openai", "openai_default"]): (
        "There is no connection 'opanai'. Did you mean 'openai' or 'openai_default'? Looked in: variable A; file b. "
        "`connectory connection list` has those that are known.",
        "connection_not_found",
        7,
    ),
    CallerError("It cannot be done."): ("It cannot be done.", "invalid_request", 2),
    NetworkError(ORIGIN, "no reason"): (f"{ORIGIN} could not be reached: no reason.", "upstream_unreachable", 5),
    NameNotResolved(ORIGIN, "unknown name"): (
        f"The name in {ORIGIN} has no address: unknown name.",
        "upstream_unreachable",
        5,
    ),
    ServiceUnreachable(ORIGIN, "connection refused"): (
        f"{ORIGIN} could not be reached: connection refused.",
        "upstream_unreachable",
        5,
    ),
    ClientCertificateRefused(ORIGIN, "it demands one"): (
        f"{ORIGIN} does not take this client's certificate: it demands one.",
        "upstream_tls",
        5,
    ),
    TLSFailed(ORIGIN, "self-signed"): (f"No trusted TLS connection to {ORIGIN}: self-signed.", "upstream_tls", 5),
    ProxyFailed(ORIGIN, "407"): (f"The proxy on the way to {ORIGIN} failed: 407.", "proxy_failed", 5),
    TimedOut(ORIGIN, "60 s"): (f"{ORIGIN} took too long: 60 s.", "upstream_timeout", 5),
    ConnectionBroken(ORIGIN, "reset"): (f"{ORIGIN} broke off: reset.", "upstream_protocol", 5),
    ServiceError("overloaded", status=503, error_code="busy", error_type="server"): (
        "The service answered 503: overloaded",
        "service_error",
        6,
    ),
    CredentialRefused("bad key", status=401): ("The service answered 401: bad key", "credential_refused", 4),
    TokenExchangeFailed("Token exchange failed with status 503", origin=ORIGIN, status=503): (
        f"Token exchange failed with status 503; {ORIGIN} gave no token.",
        "token_exchange_failed",
        6,
    ),
    TokenExchangeRefused(
        "subject token expired", origin=ORIGIN, status=400, error_code="invalid_grant", fix="renew it"
    ): (
        f"subject token expired (invalid_grant); {ORIGIN} gave no token: renew it.",
        "token_exchange_failed",
        4,
    ),
    HostNotAllowed("llm.corp", url="https://***@llm.corp/v1"): (
        "The host llm.corp is not allowed here: it is not in `xpack.actions.allowedHosts`.",
        "host_not_allowed",
        3,
    ),
    ProxyUnusable("the variable ALL_PROXY", "is a SOCKS proxy"): (
        "The proxy that the variable ALL_PROXY names is a SOCKS proxy.",
        "proxy_unusable",
        5,
    ),
    AddressRefused(ORIGIN, "is not public", address="10.0.0.1"): (
        f"{ORIGIN} is not reached from here: 10.0.0.1 is not public.",
        "host_not_allowed",
        5,
    ),
    AnswerTooLarge(1024): (
        "The answer is longer than 1,024 bytes (`xpack.actions.maxResponseContentLength`).",
        "invalid_answer",
        6,
    ),
    InvalidAnswer("An event is no JSON."): ("An event is no JSON.", "invalid_answer", 6),
}
"""One or more of every class: its text, its code, and what the shell exits with."""

each_error = pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)


def tree(kind: type[ConnectoryError]) -> Iterator[type[ConnectoryError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child)


def drawn() -> dict[str, str | None]:
    """Name and parent of every class in the docstring's drawing."""
    parents: dict[str, str | None] = {}
    above: list[tuple[int, str]] = []
    for indent, name in re.findall(r"^( {4,})([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE):
        above = [(depth, parent) for depth, parent in above if depth < len(indent)]
        parents[name] = above[-1][1] if above else None
        above.append((len(indent), name))
    return parents


def facts(error: ConnectoryError) -> tuple[Any, ...]:
    return type(error), error.args, vars(error), str(error), error.code


def test_the_docstring_draws_the_tree() -> None:
    assert drawn() == {
        kind.__name__: None if kind is ConnectoryError else kind.__bases__[0].__name__ for kind in tree(ConnectoryError)
    }


def test_every_error_has_an_example_here() -> None:
    assert {type(error) for error in EXAMPLES} == set(tree(ConnectoryError))


@each_error
def test_every_error_has_its_text_and_its_code(error: ConnectoryError) -> None:
    text, code, _ = EXAMPLES[error]
    assert (str(error), error.code) == (text, code)


@each_error
def test_every_error_has_its_exit_code(error: ConnectoryError) -> None:
    assert exit_code(error) == EXAMPLES[error][2]


def test_the_table_of_exit_codes_names_no_class_in_vain() -> None:
    assert set(EXIT_CODES) <= set(tree(ConnectoryError))


@each_error
def test_errors_are_pickled_with_their_facts(error: ConnectoryError) -> None:
    assert facts(pickle.loads(pickle.dumps(error))) == facts(error)


@each_error
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_errors_are_copied_with_their_facts(error: ConnectoryError, copied: Any) -> None:
    assert facts(copied(error)) == facts(error)


class Strange(CallerError):
    """As a face may derive one, with a constructor of its own."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def test_an_error_of_a_face_is_copied_too() -> None:
    assert str(copy.copy(Strange("one", "two"))) == "one and two"


def test_a_problem_says_its_place_and_its_sentence() -> None:
    assert [str(Problem("url", "has no host")), str(Problem("", "is odd"))] == ["url: has no host", "is odd"]


def test_of_very_many_problems_the_first_are_told() -> None:
    lines = str(DocumentError("it", [Problem(f"p{number}", "is odd") for number in range(2_000)])).splitlines()
    assert (len(lines), lines[0], lines[-1]) == (52, "it has 2000 problems:", "  and 1,950 more")
