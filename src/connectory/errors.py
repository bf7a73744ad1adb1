"""Every exception of connectory, split by who can repair it.

    ConnectoryError
      OperatorError               whoever keeps the connections
        DocumentError               a connection's document, or the configuration file, is wrong
          DialectError                what a connection says has no words in a foreign document
        AmbiguousVariable           one environment variable could mean two connections
        SecretUnavailable           a secret is kept elsewhere, missing or sealed, and cannot be read
        StoreUnavailable            the store, a backup of one, or its master keys cannot be used
        TrustUnavailable            a variable names CA certificates that cannot be read
        CertificateUnusable         a connection's own certificate, key or CA cannot be used
        HostNotAllowed              the operator's rules do not allow the host of a URL
        ProxyUnusable               a variable names a proxy that cannot be used
        SubjectTokenUnavailable     the token that proves which workload calls could not be had where it is kept
      StoreRefused                the store cannot do what was asked as things stand
        ConnectionExists            there is a connection of this id already
        StaleRevision               somebody else changed the connection in the meantime
        ReadOnly                    the connection stands where it is only read
      ConnectionNotFound          the caller, who named an id that nobody knows
      CallerError                 the caller, who asked for something that cannot be done
        StrangeOrigin               a secret was to go somewhere else than its connection's origin
      NetworkError                whoever keeps the network between here and the service
        NameNotResolved             the host's name has no address
        AddressRefused              the host has an address that may not be dialled
        ServiceUnreachable          nothing answers at the address
        TLSFailed                   no trusted, encrypted line could be made
          ClientCertificateRefused    the service does not take the connection's client certificate, or wants one
        ProxyFailed                 the proxy refused or broke the request
        TimedOut                    no answer in the time allowed
        ConnectionBroken            the line was cut before the answer was whole
      ServiceError                the service, which answered that it will not
        CredentialRefused           401 or 403: the credential is wrong or may not do this
        TokenExchangeFailed         where tokens are exchanged: no token, now or in this form
          TokenExchangeRefused        the identity is not taken
        InvalidAnswer               an answer that is not what the endpoint promises
          AnswerTooLarge              it is longer than the operator's rules allow

Each carries its facts as fields; its text is one plain sentence and never holds a secret.
`code` is the stable name that machines see.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Self
from urllib.parse import urlsplit


class ConnectoryError(Exception):
    """Something connectory could not do."""

    code: ClassVar[str] = "error"

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross from process to process with their facts, whatever their constructors ask for."""
        return _remade, (type(self), self.args, self.__dict__)


def _remade(kind: type[ConnectoryError], args: tuple[object, ...], facts: dict[str, object]) -> ConnectoryError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(facts)
    return error


class OperatorError(ConnectoryError):
    """To be repaired by whoever keeps the connections."""

    code = "operator_error"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a document: where (`client.timeout`), and a sentence that says how to mend it.

    Without a path it is the whole document that `must be an object` or `is not UTF-8 text`. `line` is the one of the
    file on which the path stands, where that is known.
    """

    path: str
    message: str
    line: int | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        place = f"line {self.line}, {self.path}" if self.line else self.path
        return f"{place}: {self.message}" if place else self.message


class DocumentError(OperatorError):
    """A document cannot be used. `problems` holds everything wrong with it, not just the first thing."""

    code = "invalid_document"

    def __init__(self, subject: str, problems: Sequence[Problem]) -> None:
        self.subject = subject
        self.problems = tuple(problems)
        super().__init__(subject, self.problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            [problem] = self.problems
            return f"{self.subject} is wrong: {problem}" if problem.path else f"{self.subject} {problem.message}"
        listed = [str(problem) for problem in self.problems[:_MOST_LISTED]]
        if (more := len(self.problems) - _MOST_LISTED) > 0:
            listed.append(f"and {more:,} more")
        return "\n  ".join([f"{self.subject} has {len(self.problems)} problems:", *listed])


_MOST_LISTED = 50
"""Problems in the text of an error; of more nobody mends one after the other."""


class DialectError(DocumentError):
    """A foreign document cannot say what a connection says. `problems` names every part that it cannot."""

    code = "cannot_be_said"


class AmbiguousVariable(OperatorError):
    """Two known ids share one environment variable, which therefore names neither."""

    code = "ambiguous_variable"

    def __init__(self, variable: str, ids: Sequence[str]) -> None:
        self.variable = variable
        self.ids = tuple(ids)
        names = " and ".join(repr(id) for id in self.ids)
        super().__init__(f"The variable {variable} could mean {names}: rename one of them, or unset the variable.")


class SecretUnavailable(OperatorError):
    """A secret is kept elsewhere, or not at all, and could not be read. `reference` says where or which, never what."""

    code = "secrets_missing"

    def __init__(self, reference: str, reason: str) -> None:
        self.reference = reference
        self.reason = reason
        super().__init__(f"The secret {reference} cannot be read: {reason}.")


class StoreUnavailable(OperatorError):
    """The store, a backup, or the master keys cannot be used. The text is a sentence that says what to do."""

    code = "store_unavailable"


class TrustUnavailable(OperatorError):
    """The CA certificates that `variable` names, at `place`, cannot be read."""

    code = "upstream_tls"

    def __init__(self, variable: str, place: str, reason: str) -> None:
        self.variable = variable
        self.place = place
        self.reason = reason
        super().__init__(f"The CA certificates at {place}, which {variable} names, cannot be read: {reason}.")


class CertificateUnusable(OperatorError):
    """A certificate, key or CA of a connection cannot be used. `place` is its path in the document."""

    code = "upstream_tls"

    def __init__(self, place: str, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"`{place}` cannot be used: it {reason}.")


class HostNotAllowed(OperatorError):
    """The rules of the operator allow some hosts, and `host`, that of `url`, is not among them."""

    code = "host_not_allowed"

    def __init__(self, host: str, *, url: str) -> None:
        self.host = host
        self.url = url
        super().__init__(f"The host {host} is not allowed here: it is not in `xpack.actions.allowedHosts`.")


class ProxyUnusable(OperatorError):
    """What names the proxy (`place`) names one that cannot be used; nobody goes without it unless told to."""

    code = "proxy_unusable"

    def __init__(self, place: str, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"The proxy that {place} names {reason}.")


class SubjectTokenUnavailable(OperatorError):
    """The workload's own token could not be had from its source.

    The text is one sentence that names the source and says what is wrong with it; it never holds a token.
    """

    code = "token_exchange_failed"


class StoreRefused(ConnectoryError):
    """The store could not do what was asked as things stand; nothing was changed."""

    code = "refused"


class ConnectionExists(StoreRefused):
    """A connection was to be made, and its id is taken."""

    code = "connection_exists"

    def __init__(self, id: str, *, space: str) -> None:
        self.id = id
        self.space = space
        where = "" if space == "default" else f" in the space {space!r}"
        change = f"change it (`connectory connection update {id}`), or take another id"
        super().__init__(f"There is a connection {id!r} already{where}: {change}.")


class StaleRevision(StoreRefused):
    """A connection is not at the revision that the change was made from.

    `changed_by`, `changed_at` (seconds since 1970) and `changed` (paths) tell of the changes since; `actual` is None
    for one that was removed.
    """

    code = "stale_revision"

    def __init__(
        self,
        id: str,
        *,
        expected: int,
        actual: int | None,
        changed_by: str | None = None,
        changed_at: float | None = None,
        changed: Sequence[str] = (),
    ) -> None:
        self.id = id
        self.expected = expected
        self.actual = actual
        self.changed_by = changed_by
        self.changed_at = changed_at
        self.changed = tuple(changed)
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        who = f" by {self.changed_by}" if self.changed_by else ""
        at = self.changed_at and time.gmtime(self.changed_at)
        when = time.strftime(" at %Y-%m-%d %H:%M:%S UTC", at) if at else ""
        what = f" ({', '.join(self.changed)})" if self.changed else ""
        done = "removed" if self.actual is None else f"changed{what}"
        now = "" if self.actual is None else f": it is at revision {self.actual}, not {self.expected}"
        return f"The connection {self.id!r} was {done}{who}{when}{now}. Look at it again and repeat the change."


class ReadOnly(StoreRefused):
    """A connection stands in a variable or in a file that people write by hand; `place` says in which."""

    code = "read_only"

    def __init__(self, id: str, *, place: str) -> None:
        self.id = id
        self.place = place
        super().__init__(f"The connection {id!r} is kept in {place}, which is only read here: change it there.")


class ConnectionNotFound(ConnectoryError):
    """No connection has this id."""

    code = "connection_not_found"

    def __init__(self, id: str, *, looked_in: Sequence[str], nearest: Sequence[str] = ()) -> None:
        self.id = id
        self.looked_in = tuple(looked_in)
        self.nearest = tuple(nearest)
        text = f"There is no connection {id!r}."
        if self.nearest:
            text += f" Did you mean {' or '.join(repr(near) for near in self.nearest)}?"
        text += f" Looked in: {'; '.join(self.looked_in)}. `connectory connection list` has those that are known."
        super().__init__(text)


class CallerError(ConnectoryError):
    """What was asked cannot be done as it was asked."""

    code = "invalid_request"


class StrangeOrigin(CallerError):
    """The secrets of a connection were to go to `url`, and not to its `home`; both are origins."""

    def __init__(self, id: str, *, home: str, url: str) -> None:
        self.id = id
        self.home = home
        self.url = url
        super().__init__(
            f"The connection {id!r} belongs to {home}, and its secrets go nowhere else: for {url} make a connection of "
            "its own, or give an `api_key` if the connection has no other secrets."
        )


class NetworkError(ConnectoryError):
    """The service was not reached, or not long enough. `origin` is scheme, host and port of the URL."""

    code = "upstream_unreachable"

    def __init__(self, origin: str, reason: str) -> None:
        self.origin = origin
        self.reason = reason
        super().__init__(self.sentence())

    def sentence(self) -> str:
        return f"{self.origin} could not be reached: {self.reason}."

    def saying(self, reason: str) -> Self:
        """The same error with its facts, and another reason."""
        other = copy.copy(self)
        other.reason = reason
        other.args = (other.sentence(),)
        return other


class AddressRefused(NetworkError):
    """The host has an `address` that may not be dialled from here; it may be a name, where a proxy looks it up."""

    code = "host_not_allowed"

    def __init__(self, origin: str, reason: str, *, address: str) -> None:
        self.address = address
        super().__init__(origin, reason)

    def sentence(self) -> str:
        return f"{self.origin} is not reached from here: {self.address} {self.reason}."


class NameNotResolved(NetworkError):
    """The host's name has no address."""

    @property
    def host(self) -> str:
        return urlsplit(self.origin).hostname or self.origin

    def sentence(self) -> str:
        return f"The name in {self.origin} has no address: {self.reason}."


class ServiceUnreachable(NetworkError):
    """Nothing answers at the address.

    `os_error` is the system's name for why (`ECONNREFUSED`), `dialled` the address and port; None where not known.
    """

    def __init__(
        self, origin: str, reason: str, *, os_error: str | None = None, dialled: tuple[str, int] | None = None
    ) -> None:
        self.os_error = os_error
        self.dialled = dialled
        super().__init__(origin, reason)


class TLSFailed(NetworkError):
    """The certificate is not trusted, or both sides share no protocol.

    `verify_code` is OpenSSL's number of what is wrong with the certificate (`man X509_STORE_CTX_get_error`), None for
    one that is trusted; `openssl` its name for what broke the handshake, an alert of the other side among them.
    """

    code = "upstream_tls"

    def __init__(self, origin: str, reason: str, *, verify_code: int | None = None, openssl: str | None = None) -> None:
        self.verify_code = verify_code
        self.openssl = openssl
        super().__init__(origin, reason)

    def sentence(self) -> str:
        return f"No trusted TLS connection to {self.origin}: {self.reason}."


class ClientCertificateRefused(TLSFailed):
    """The service does not take the client certificate that it was shown, or demands one and was shown none."""

    def sentence(self) -> str:
        return f"{self.origin} does not take this client's certificate: {self.reason}."


class ProxyStage(StrEnum):
    """How far a request came with a proxy: its name has no address, nobody listens there or it is silent, its own TLS
    failed, or it took the request and answered otherwise or not at all."""

    NAME = "name"
    TCP = "tcp"
    TLS = "tls"
    ANSWER = "answer"


class ProxyFailed(NetworkError):
    """The proxy on the way refused or broke the request.

    `proxy` is its origin, `stage` how far the request came, `status` what it answered (407, 403, 502), `failure` what
    was wrong on the line to the proxy itself; None where it is not known, or was nothing.
    """

    code = "proxy_failed"

    def __init__(
        self,
        origin: str,
        reason: str,
        *,
        proxy: str | None = None,
        stage: ProxyStage = ProxyStage.ANSWER,
        status: int | None = None,
        failure: NetworkError | None = None,
    ) -> None:
        self.proxy = proxy
        self.stage = stage
        self.status = status
        self.failure = failure
        super().__init__(origin, reason)

    def sentence(self) -> str:
        return f"The proxy on the way to {self.origin} failed: {self.reason}."


class TimedOut(NetworkError):
    """The service took longer than the connection allows: `seconds` for the `phase` (connect, read, write, pool).

    Both None where it is the system's limit, or that of a whole exchange.
    """

    code = "upstream_timeout"

    def __init__(self, origin: str, reason: str, *, phase: str | None = None, seconds: float | None = None) -> None:
        self.phase = phase
        self.seconds = seconds
        super().__init__(origin, reason)

    def sentence(self) -> str:
        return f"{self.origin} took too long: {self.reason}."


class ConnectionBroken(NetworkError):
    """The line was cut before the answer was whole; by a `reset`, or by an end too early."""

    code = "upstream_protocol"

    def __init__(self, origin: str, reason: str, *, reset: bool = False) -> None:
        self.reset = reset
        super().__init__(origin, reason)

    def sentence(self) -> str:
        return f"{self.origin} broke off: {self.reason}."


class ServiceError(ConnectoryError):
    """The service answered with an error.

    `status` is the HTTP status (None for an error inside a stream), `message` the service's own words,
    `error_code` and `error_type` its own names for it, where it gave any.
    """

    code = "service_error"

    def __init__(
        self, message: str, *, status: int | None = None, error_code: str | None = None, error_type: str | None = None
    ) -> None:
        self.message = message
        self.status = status
        self.error_code = error_code
        self.error_type = error_type
        super().__init__(message if status is None else f"The service answered {status}: {message}")


class CredentialRefused(ServiceError):
    """401 or 403: the service does not take the credential, or not for this."""

    code = "credential_refused"


class TokenExchangeFailed(ServiceError):
    """No token came of an exchange: the service that gives tokens answered something else.

    `status` is the HTTP status, `error_code` OAuth's own word (`invalid_grant`) where there is one. The text begins
    with what went wrong and ends with where.
    """

    code = "token_exchange_failed"

    def __init__(
        self, message: str, *, origin: str, status: int | None = None, error_code: str | None = None, fix: str = ""
    ) -> None:
        self.message = message
        self.status = status
        self.error_code = error_code
        self.error_type = None
        self.origin = origin
        named = f" ({error_code})" if error_code and error_code not in message else ""
        ConnectoryError.__init__(self, f"{message}{named}; {origin} gave no token{f': {fix}' if fix else ''}.")


class TokenExchangeRefused(TokenExchangeFailed):
    """400, 401 or 403: the identity, its ids or its own token are wrong, or it may not have this."""


class InvalidAnswer(ServiceError):
    """The answer is not what the endpoint promises: no JSON, a broken event, html in its place."""

    code = "invalid_answer"


class AnswerTooLarge(InvalidAnswer):
    """The answer has more bytes than `limit`, the rule of the operator (`xpack.actions.maxResponseContentLength`)."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The answer is longer than {limit:,} bytes (`xpack.actions.maxResponseContentLength`).")


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, then what it came from, and so on."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
