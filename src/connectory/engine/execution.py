"""An execution: one action done through one connection, from the request that is sent to the event that it leaves."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator

import httpx2

from connectory.action import Action
from connectory.connection import Connection
from connectory.engine.auth import auth_of, without_secrets
from connectory.engine.failures import network_error
from connectory.engine.outgoing import headers_of, outgoing
from connectory.engine.patience import Patience
from connectory.engine.session import UsedClient, limits
from connectory.errors import ConnectoryError, NetworkError
from connectory.network.limits import Use
from connectory.network.resolve import transport
from connectory.usage import Attempt, Outcome, Usage, UsageEvent
from connectory.wire.endpoints import endpoint_of
from connectory.wire.rewriting import model_of
from connectory.wire.safe_text import safe_text

Sink = Callable[[UsageEvent], None]

_SECRET, _WORDS = 8, 200
"""Characters of the shortest secret worth hiding, and of the longest name of a model or a request."""


class Execution:
    """One execution under way. It knows no client: `execute` and `aexecute` send what it builds and tell it the rest.

    `finished` is called once, by whoever ends it; every later call does nothing.
    """

    def __init__(self, connection: Connection, action: Action, sink: Sink | None) -> None:
        self.connection = connection
        self.action = action
        self.outgoing = outgoing(connection, action)
        use = Use.STREAM if action.streaming else Use.RUN
        self.settings = transport(connection, self.outgoing.place, use, asked=action.timeout)
        self.auth = auth_of(connection)
        self.endpoint = endpoint_of(self.outgoing.url)
        self.attempts: list[Attempt] = []
        self.bytes_out = 0
        self.first_byte: float | None = None
        self.ended = False
        self._timeouts = limits(self.settings.timeouts).as_dict()
        self._sink = sink
        self._request_id = str(uuid.uuid4())
        self._started = time.time()
        self._clock = time.monotonic()
        self._attempt_clock = self._clock
        self._attempting = False
        self._said: list[str] = []

    def request(self, client: httpx2.Client | httpx2.AsyncClient) -> httpx2.Request:
        """The request of the next attempt. Raises SecretUnavailable."""
        self._attempt_clock = time.monotonic()
        self._client = client  # to have it while the answer is read, whatever becomes of the shared ones
        if isinstance(client, UsedClient):
            client.users.add(self)
        limit = self.settings.timeouts.read if self.settings.first_byte is None else self.settings.first_byte
        self._timeouts["read"] = None if limit is None else Patience(limit)
        request = client.build_request(
            "POST",
            self.outgoing.url,
            headers=self._headers(),
            content=self.outgoing.body,
            extensions={"timeout": self._timeouts},
        )
        self._attempting = True
        return request

    def _headers(self) -> dict[str, str]:
        last = self.action.streaming and not self.connection.provider.keeps_line
        headers = headers_of(self.connection)
        self._said = [bare for value in headers.values() if len(bare := value.rpartition(" ")[2]) >= _SECRET]
        return {**headers, **({"Connection": "close"} if last else {})}

    def _words(self, said: str | None) -> str | None:
        """A service's word that is kept with the event: without what was sent, if it sends that back."""
        is_plain = said is None or (said.isprintable() and len(said) <= _WORDS)
        if is_plain and not (said and (self.auth or any(bare in said for bare in self._said))):
            return said
        return safe_text(without_secrets(self.connection, (said or "").encode(errors="replace")).decode(), limit=_WORDS)

    def begun(self) -> None:
        """An answer has begun: from here on the limit is the one between its pieces."""
        self._timeouts["read"] = self.settings.timeouts.read

    def failure(self, error: Exception) -> NetworkError:
        """Our error for one that the client raised."""
        ours = network_error(error, self.outgoing.url, self._timeouts, self.settings.proxy)
        ours.__cause__ = error
        return ours

    def attempted(self, status: int | None, error: str | None) -> None:
        """An attempt is over: with the answer's status or without, and the code of what was wrong with it."""
        latency = time.monotonic() - self._attempt_clock
        self._attempting = False
        self.attempts.append(Attempt(connection=self.connection.id, status_code=status, latency=latency, error=error))

    def received(self, data: bytes) -> None:
        """Bytes of the answer have come."""
        if self.first_byte is None:
            self.first_byte = time.monotonic() - self._clock
        self.bytes_out += len(data)

    def finished(
        self,
        *,
        error: str | None = None,
        usage: Usage | None = None,
        response_model: str | None = None,
        upstream_request_id: str | None = None,
    ) -> None:
        """The execution has ended, well or with the code of an error: its one event goes to the sink."""
        if self.ended:
            return
        self.ended = True
        if self._sink is None:
            return
        connection = self.connection
        self._sink(
            UsageEvent(
                request_id=self._request_id,
                started=self._started,
                latency=time.monotonic() - self._clock,
                connection=connection.id,
                space=connection.space,
                source=self.action.source,
                provider=connection.provider.name,
                endpoint=self.endpoint.name,
                streaming=self.action.streaming,
                outcome=Outcome.FAILURE if error else Outcome.SUCCESS,
                usage=usage or Usage(),
                model=model_of(self.outgoing.body),
                response_model=self._words(response_model),
                status_code=self.attempts[-1].status_code if self.attempts else None,
                error=error,
                first_token=self.first_byte if self.action.streaming else None,
                upstream_request_id=self._words(upstream_request_id),
                attempts=tuple(self.attempts),
                labels=connection.labels,
                bytes_in=len(self.outgoing.body),
                bytes_out=self.bytes_out,
            )
        )

    @contextlib.contextmanager
    def ended_by_error(self) -> Iterator[None]:
        """Whatever is raised in here has ended the execution, a caller's interruption too."""
        try:
            yield
        except BaseException as error:
            if self._attempting:
                self.attempted(None, code_of(error))
            self.finished(error=code_of(error))
            raise


def code_of(error: BaseException) -> str:
    """The stable name of an error; `interrupted` for one that is not ours."""
    return error.code if isinstance(error, ConnectoryError) else "interrupted"
