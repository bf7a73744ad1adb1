"""Clients that were made before a fork, in the children and in the parent: each gets its own answers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from tests.upstream import Answer, Received, json_answer, running

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

# Programs of their own: this one has threads, and Python warns of forking those.
COMMON = """
import asyncio, multiprocessing, sys, warnings
from connectory import aconnect, connect
from connectory.dialects import own
connection = own.read("it", {"url": sys.argv[1] + "/v1", "credential": {"api_key": "k"}}, source="a test")
fork = multiprocessing.get_context("fork")
"""
SYNC = """
client = connect(connection, max_retries=0)
client.models.retrieve("warm")
def ask(name):
    for number in range(20):
        asked = f"{name}-{number}"
        assert client.models.retrieve(asked).id == asked, "somebody else's answer"
children = [fork.Process(target=ask, args=(f"child-{child}",)) for child in range(3)]
for child in children:
    child.start()
ask("parent")
for child in children:
    child.join()
print([child.exitcode for child in children])
"""
ASYNC = """
client = aconnect(connection, max_retries=0)
async def ask(name):
    assert (await client.models.retrieve(name)).id == name
def child():
    asyncio.run(ask("child"))
asyncio.run(ask("warm"))
process = fork.Process(target=child)
process.start()
process.join()
print([process.exitcode] * 3)
"""


async def echo(request: Received) -> Answer:
    await asyncio.sleep(0.002)
    return json_answer({"id": request.path.rpartition("/")[2], "object": "model", "created": 0, "owned_by": "x"})


@pytest.mark.parametrize("program", [SYNC, ASYNC], ids=["sync", "async"])
def test_children_get_their_own_answers(program: str) -> None:
    with running(echo) as service:
        ran = subprocess.run(
            [sys.executable, "-c", COMMON + program, service.url],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (ran.stdout, ran.returncode) == ("[0, 0, 0]\n", 0), ran.stderr
