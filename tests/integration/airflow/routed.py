"""A service whose answers a case writes down, by method and path."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.upstream import Answer, Received, json_answer


class Routed:
    """An app for `running`: `Routed({"GET /v1/batches/b1": [{"json": {...}}, {"status": 500, "json": {...}}]})`.

    A route gives one answer after the other, and the last one again and again; what has no route is a 404.
    """

    def __init__(self, routes: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._left = {route: list(answers) for route, answers in routes.items()}

    async def __call__(self, request: Received) -> Answer:
        left = self._left.get(f"{request.method} {request.path}")
        if left is None:
            return json_answer({"error": {"message": f"no route: {request.method} {request.path}"}}, status=404)
        given = left.pop(0) if len(left) > 1 else left[0]
        return json_answer(given["json"], status=given.get("status", 200))


def sent(request: Received) -> list[Any]:
    """A request as cases write it: method, path with its query, and the body."""
    return [request.method, request.target, *([json.loads(request.body)] if request.body else [])]
