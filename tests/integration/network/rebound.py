"""A program of its own, for a network namespace of its own: it uses a connection whose name is bound anew all the time.

`python -m tests.integration.network.rebound PATH server|library ANSWER ...` prints how often each path got an answer,
how often it was refused, and who was dialled.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

from tests.integration.connections import other_at
from tests.integration.network.paths import GRANTED, PATHS, REFUSALS, on_server, port_of, with_policy
from tests.upstream import Answer, Received, json_answer, running

TIMES = 4
FORBIDDEN = ("127.0.0.1", "169.254.169.254")


async def hangs_up(_: Received) -> Answer:
    return json_answer({}, headers=(("connection", "close"),))


@contextlib.contextmanager
def name_server(answers: list[str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.upstream.name_server", "127.0.0.1", "53", *answers]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdout.readline() == "ready\n"
        try:
            yield server
        finally:
            server.terminate()


def main(path: str, mode: str, answers: list[str]) -> None:
    outcomes: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        granted = stack.enter_context(running(hangs_up, host=GRANTED))
        forbidden = [stack.enter_context(running(hangs_up, host=host, port=port_of(granted))) for host in FORBIDDEN]
        server = stack.enter_context(name_server(answers))
        read = other_at(f"http://rebinding.example:{port_of(granted)}")
        connection = on_server(read, GRANTED) if mode == "server" else with_policy(read)
        for _ in range(TIMES):
            try:
                PATHS[path](connection)
                outcomes["answered"] += 1
            except REFUSALS as refused:
                outcomes[type(refused).__name__] += 1
        dialled = {"granted": granted.connections, "forbidden": sum(each.connections for each in forbidden)}
        server.terminate()
        assert server.stdout
        questions = len(server.stdout.readlines())
    print(json.dumps({"outcomes": outcomes, "dialled": dialled, "questions": questions}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
