"""What a task does with Apache's hook in a recorded case, step by step, and what it gets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from connectory.airflow.compat.hooks.openai import OpenAIHook

Advance = Callable[[float], None]


def told(error: BaseException) -> dict[str, Any]:
    """An exception as cases write it down."""
    return {"error": {"type": type(error).__name__, "message": str(error)}}


def done(steps: list[Any], *, conn_id: str, advance: Advance | None = None) -> Any:
    """What each call of a task gave, or why there was no client to call with."""
    with ExitStack() as stack:
        hook = stack.enter_context(OpenAIHook(conn_id))
        try:
            client = hook.conn
        except Exception as error:  # noqa: BLE001 (whatever it is, the case says which it has to be)
            return told(error)
        results: list[Any] = []
        for step in steps:
            match step:
                case "call":
                    results.append(called(client))
                case "new_client":
                    client = stack.enter_context(hook.get_conn())
                case {"advance": seconds} if advance:
                    advance(seconds)
                case {"concurrent": count}:
                    with ThreadPoolExecutor(count) as pool:
                        results.append(list(pool.map(called, [client] * count)))
                case _:
                    raise AssertionError(step)
            _settle()
    return results


def done_async(steps: list[Any], *, conn_id: str) -> Any:
    """The same with the async client."""

    async def run() -> list[Any]:
        results: list[Any] = []
        async with await OpenAIHook(conn_id).aget_conn() as client:
            for step in steps:
                match step:
                    case "call":
                        results.append(await acalled(client))
                    case {"concurrent": count}:
                        results.append(list(await asyncio.gather(*(acalled(client) for _ in range(count)))))
                    case _:
                        raise AssertionError(step)
        return results

    return asyncio.run(run())


def called(client: Any) -> Any:
    try:
        client.models.list()
    except Exception as error:  # noqa: BLE001
        return told(error)
    return "ok"


async def acalled(client: Any) -> Any:
    try:
        await client.models.list()
    except Exception as error:  # noqa: BLE001
        return told(error)
    return "ok"


def _settle() -> None:
    """A refresh goes on in a thread of its own; the next step is to find it done."""
    for thread in threading.enumerate():
        if thread.name == "connectory-token":
            thread.join(20)
