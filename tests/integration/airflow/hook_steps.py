"""What a task does with Apache's hook in a recorded case, step by step, and what it gets."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from connectory.airflow.compat.hooks.openai import OpenAIHook

Advance = Callable[[float], None]


def told(error: BaseException) -> dict[str, Any]:
    """An exception as cases write it down."""
    return {"error": {"type": type(error).__name__, "message": str(error)}}


def done(steps: list[Any], *, conn_id: str, advance: Advance) -> list[Any]:
    """What each call of a task gave. Raises what making its client raises."""
    hook = OpenAIHook(conn_id)
    client = hook.conn
    others: list[Any] = []
    results: list[Any] = []
    for step in steps:
        match step:
            case "call":
                results.append(_called(client))
            case "new_client":
                others.append(client := hook.get_conn())
            case "with_options":
                client = client.with_options(timeout=60)
            case {"advance": seconds}:
                advance(seconds)
            case {"concurrent": count}:
                with ThreadPoolExecutor(count) as pool:
                    results.append(list(pool.map(_called, [client] * count)))
        _settle()
    for each in others:
        each.close()
    hook.close()
    return results


def done_async(steps: list[Any], *, conn_id: str) -> list[Any]:
    """The same with the async client."""

    async def run() -> list[Any]:
        results: list[Any] = []
        async with await OpenAIHook(conn_id).aget_conn() as client:
            for step in steps:
                match step:
                    case "call":
                        results.append(await _acalled(client))
                    case {"concurrent": count}:
                        results.append(list(await asyncio.gather(*(_acalled(client) for _ in range(count)))))
        return results

    return asyncio.run(run())


def _called(client: Any) -> Any:
    try:
        client.models.list()
    except Exception as error:  # noqa: BLE001 (whatever it is, the case says which it has to be)
        return told(error)
    return "ok"


async def _acalled(client: Any) -> Any:
    try:
        await client.models.list()
    except Exception as error:  # noqa: BLE001
        return told(error)
    return "ok"


def _settle() -> None:
    """A refresh goes on in a thread of its own; the next step is to find it done."""
    until = time.monotonic() + 20
    while time.monotonic() < until and any(thread.name == "connectory-token" for thread in threading.enumerate()):
        time.sleep(0.001)
