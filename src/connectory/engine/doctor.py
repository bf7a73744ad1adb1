"""The doctor: what stands between here and an answer, stage by stage.

Up to `model` it spends nothing: it asks the service for its list of models; a deployment at Azure's classic URLs is
called without a body, and judged by its error. The first stage that fails ends the examination.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

import httpx2

from connectory.connection import Connection
from connectory.dialects.model_table import ModelTable
from connectory.engine.auth import is_placed
from connectory.engine.diagnosis import Asked, Chart, Ended, Report, Stage
from connectory.engine.outgoing import headers_of
from connectory.engine.session import open_client
from connectory.engine.stages import answers, document, tokens
from connectory.engine.stages.calls import Calls
from connectory.engine.stages.line import Line
from connectory.engine.stages.rules import Rules
from connectory.errors import Problem
from connectory.secret import Secret
from connectory.transport import Timeouts, TransportSettings

LIMIT = 120.0
"""Seconds in which an examination is over, whatever hangs."""

_PATIENCE = Timeouts.within(15.0)


def examine(
    id: str,
    find: Callable[[], Connection],
    *,
    models: ModelTable | None = None,
    warnings: Sequence[Problem] = (),
    asked: Asked = Asked(),  # noqa: B008 (frozen)
    rules_for: Callable[[Connection], Rules] = lambda connection: Rules(),
    told: Callable[[Stage], None] | None = None,
    limit: float = LIMIT,
) -> Report:
    """Examine the connection that `find` finds.

    `models` is the operator's table of models, if there is one; `warnings` are those of the operator's file. `told`
    hears of every stage as it ends, in their order; of one that a later stage has shown to be otherwise, twice. After
    `limit` seconds the stage that is under way has failed. Raises ConnectionNotFound; all else is in the report.
    """
    chart = Chart(told)
    connection, unfinished = None, None
    with suppress(Ended):
        connection = document.configuration(
            chart, find, rules_for, models=models, warnings=warnings, without_proxy=asked.without_proxy
        )
        unfinished = _Examination(chart, connection, rules_for(connection), asked).within(limit)
    return Report(connection=connection.id if connection else id, stages=chart.closed(unfinished))


class _Examination:
    """What comes after the document, in a thread of its own: neither names nor answers that drip have limits."""

    def __init__(self, chart: Chart, connection: Connection, rules: Rules, asked: Asked) -> None:
        self._chart = chart
        self._connection = connection
        self._rules = rules
        self._asked = asked
        self._tokens: list[Secret] = []
        self._error: Exception | None = None
        self._clients: list[httpx2.Client] = []

    def within(self, limit: float) -> str | None:
        """What is said of the stage under way when time is up, or the doctor fails; None if all went well."""
        worker = threading.Thread(target=self._run, name="connectory-doctor", daemon=True)
        worker.start()
        worker.join(limit)
        if worker.is_alive():
            self._hang_up()  # the thread finds its lines closed, and ends
            return f"it was not over when the whole examination had taken {limit:g} s"
        if self._error and self._error is self._chart.not_told:
            raise self._error
        return f"the doctor itself failed: {type(self._error).__name__}" if self._error else None

    def _run(self) -> None:
        try:
            self._examine()
        except Ended:
            pass
        except Exception as error:  # noqa: BLE001 (whatever it is, the stages so far are worth showing)
            self._error = error
        finally:
            self._hang_up()

    def _examine(self) -> None:
        chart, connection = self._chart, self._connection
        document.secrets(chart, connection, self._rules)
        document.addresses(chart, connection, self._rules)
        headers = headers_of(connection)
        method, url = answers.question(connection)
        line = Line(chart, connection, url, self._rules)
        client = self._kept(line.client(_patience(connection)))
        if connection.credential.exchanged and is_placed(headers):
            # The line alone: a token is worth asking for only if it can be sent.
            line.sent(client, client.build_request(method, url))
            self._token(headers)
        else:
            chart["subject_token"].skipped("no token is asked for")
            chart["token_exchange"].skipped("no token is asked for")
        response = line.sent(client, client.build_request(method, url, headers=headers))
        answers.authentication(chart, connection, response, ms=line.waited, also=self._tokens)
        answers.model(chart, connection, response, also=self._tokens)
        self._calls()

    def _client(self, settings: TransportSettings) -> httpx2.Client:
        """A client that no other execution shares."""
        return self._kept(open_client(settings))

    def _kept(self, client: httpx2.Client) -> httpx2.Client:
        self._clients.append(client)
        return client

    def _hang_up(self) -> None:
        for client in self._clients:
            client.close()

    def _token(self, headers: dict[str, str]) -> None:
        if token := tokens.token(self._chart, self._connection, self._rules):
            self._tokens.append(token.value)
            headers |= [self._connection.credential_header(token.value.reveal())]

    def _calls(self) -> None:
        calls = Calls(self._chart, self._connection, self._rules, self._client)
        for name, wanted, call in (
            ("answer", self._asked.spend, calls.answer),
            ("stream", self._asked.stream, calls.stream),
        ):
            if wanted:
                call()
            else:
                self._chart[name].skipped(f"not asked for: --{'spend' if name == 'answer' else 'stream'} does")
                self._chart.ended(name)


def _patience(connection: Connection) -> Timeouts:
    """The connection's own limits where they are shorter than ours."""
    own = connection.client.timeout or _PATIENCE
    phases = {phase: (getattr(own, phase), getattr(_PATIENCE, phase)) for phase in ("connect", "read", "write", "pool")}
    return Timeouts(
        **{phase: ours if theirs is None else min(theirs, ours) for phase, (theirs, ours) in phases.items()}
    )
