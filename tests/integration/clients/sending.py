"""A program that makes a connection's SDK clients and sends one request of each kind: `python -m ... DOCUMENT`.

It stands alone so that a test can give it an environment of its own.
"""

import asyncio
import json
import sys
from typing import Any

import connectory
from connectory.dialects import own

MESSAGES: Any = [{"role": "user", "content": "Hello there"}]
FILE = ("a.jsonl", b'{"a": 1}\n')


def send(client: Any) -> None:
    client.chat.completions.create(model="gpt-test", messages=MESSAGES)
    for _ in client.chat.completions.create(model="gpt-test", messages=MESSAGES, stream=True):
        pass
    client.embeddings.create(model="gpt-test", input="Hello")
    client.responses.create(model="gpt-test", input="Hello")
    client.models.list()
    client.files.create(file=FILE, purpose="batch")


async def asend(client: Any) -> None:
    await client.chat.completions.create(model="gpt-test", messages=MESSAGES)
    async for _ in await client.chat.completions.create(model="gpt-test", messages=MESSAGES, stream=True):
        pass
    await client.embeddings.create(model="gpt-test", input="Hello")
    await client.responses.create(model="gpt-test", input="Hello")
    await client.models.list()
    await client.files.create(file=FILE, purpose="batch")


async def asend_all(connection: connectory.Connection) -> None:
    async with connectory.aconnect(connection) as client:
        for each in (client, client.with_options(timeout=20), client.copy().with_options(max_retries=1)):
            await asend(each)


def main() -> None:
    connection = own.read("it", json.loads(sys.argv[1]))
    with connectory.connect(connection) as client:
        for each in (client, client.with_options(timeout=20), client.copy().with_options(max_retries=1)):
            send(each)
    asyncio.run(asend_all(connection))


if __name__ == "__main__":
    main()
