"""Batches and files beside the other endpoints: what is sent is kept, and every request of a batch is really answered.

Read of https://developers.openai.com/api/reference/resources/batches and `.../files`.
"""

import dataclasses
import itertools
import json
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from tests.upstream.answers.models import MODELS
from tests.upstream.messages import Answer, Received, json_answer
from tests.upstream.multipart import Upload, parse_form
from tests.upstream.openai_errors import openai_error
from tests.upstream.openai_service import OpenAIService

PAGE = 2
"""Objects of one page of a list: few, so that clients have to turn pages."""


class BatchService:
    """An app for `running`: `BatchService(keys={"sk-test"}, statuses=["in_progress", "completed"])`.

    Each look at a batch sees the next of `statuses`, and the last one again and again; `"$boom"` is a 500. `cancelled`
    are the batches that somebody wanted to end.
    """

    def __init__(
        self, *, keys: Collection[str], statuses: Sequence[str] = ("completed",), models: Collection[str] = MODELS
    ) -> None:
        self._service = OpenAIService(keys=keys, models=models)
        self._statuses = statuses
        self._numbers = itertools.count(1)
        self.looks: dict[str, int] = {}
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.cancelled: list[str] = []

    async def __call__(self, request: Received) -> Answer:
        parts = request.path.removeprefix("/v1/").split("/")
        if parts[0] not in ("files", "batches"):
            return await self._service(request)
        refused = await self._service(
            dataclasses.replace(request, method="GET", path="/v1/models", target="/v1/models")
        )
        if refused.status == 401:
            return refused
        found = await self._answer(request, parts)
        return found or openai_error(404, f"No such object: {'/'.join(parts)}")

    async def _answer(self, request: Received, parts: list[str]) -> Answer | None:
        match (request.method, *parts):
            case ("POST", "files"):
                return self._sent(request)
            case ("GET", "files"):
                return _page(request, [_file(id, content) for id, content in self.files.items()])
            case ("GET", "files", id, "content") if id in self.files:
                return Answer(headers=(("content-type", "application/octet-stream"),), body=self.files[id])
            case ("GET", "files", id) if id in self.files:
                return json_answer(_file(id, self.files[id]))
            case ("DELETE", "files", id) if self.files.pop(id, None) is not None:
                return json_answer({"id": id, "object": "file", "deleted": True})
            case ("POST", "batches"):
                return self._begun(request.json())
            case ("GET", "batches"):
                return _page(request, list(self.batches.values()))
            case ("GET", "batches", id) if id in self.batches:
                return await self._looked_at(id)
            case ("POST", "batches", id, "cancel") if id in self.batches:
                self.cancelled.append(id)
                return json_answer({**self.batches[id], "status": "cancelling"})
        return None

    def _sent(self, request: Received) -> Answer:
        file = parse_form(request.header("content-type") or "", request.body)["file"]
        assert isinstance(file, Upload)
        id = f"file-{next(self._numbers)}"
        self.files[id] = file.content
        return json_answer(_file(id, self.files[id]))

    def _begun(self, asked: dict[str, Any]) -> Answer:
        if asked["input_file_id"] not in self.files:
            return openai_error(400, "The input file does not exist.")
        id = f"batch_{next(self._numbers)}"
        self.batches[id] = {
            "id": id,
            "object": "batch",
            "endpoint": asked["endpoint"],
            "input_file_id": asked["input_file_id"],
            "completion_window": asked["completion_window"],
            "status": "validating",
            "created_at": int(time.time()),
            "metadata": asked.get("metadata"),
        }
        return json_answer(self.batches[id])

    async def _looked_at(self, id: str) -> Answer:
        look = self.looks.get(id, 0)
        self.looks[id] = look + 1
        status = self._statuses[min(look, len(self._statuses) - 1)]
        if status == "$boom":
            return openai_error(500, "boom")
        batch = self.batches[id]
        batch["status"] = status
        if status == "completed" and "output_file_id" not in batch:
            batch["output_file_id"] = await self._worked_off(batch)
        return json_answer(batch)

    async def _worked_off(self, batch: dict[str, Any]) -> str:
        lines = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        id = f"file-{next(self._numbers)}"
        self.files[id] = b"".join([await self._result(line) for line in lines])
        batch["completed_at"] = int(time.time())
        batch["usage"] = _sum(json.loads(line)["response"]["body"] for line in self.files[id].splitlines())
        return id

    async def _result(self, line: dict[str, Any]) -> bytes:
        body = json.dumps(line["body"]).encode()
        key = next(iter(self._service._keys))
        headers = (("authorization", f"Bearer {key}"), ("content-type", "application/json"))
        request = Received(
            method="POST",
            target=line["url"],
            path=line["url"],
            query="",
            headers=headers,
            raw_head=b"",
            body=body,
            connection=0,
        )
        answer = await self._service(request)
        assert isinstance(answer.body, bytes)
        response = {"status_code": answer.status, "request_id": "req_1", "body": json.loads(answer.body)}
        return json.dumps({"id": "x", "custom_id": line["custom_id"], "response": response}).encode() + b"\n"


def _sum(answers: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What a batch says that its requests have used, in the words of Responses."""
    reported = [answer.get("usage") or {} for answer in answers]
    count = {
        name: sum(usage.get(f"{old}_tokens", 0) for usage in reported)
        for name, old in (("input", "prompt"), ("output", "completion"), ("total", "total"))
    }
    return {
        **{f"{name}_tokens": number for name, number in count.items()},
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }


def _file(id: str, content: bytes) -> dict[str, Any]:
    return {
        "id": id,
        "object": "file",
        "bytes": len(content),
        "created_at": 0,
        "filename": "requests.jsonl",
        "purpose": "batch",
        "status": "processed",
    }


def _page(request: Received, found: list[dict[str, Any]]) -> Answer:
    """Those after the one that the query names, `PAGE` at a time."""
    after = next((part.removeprefix("after=") for part in request.query.split("&") if part.startswith("after=")), None)
    ids = [each["id"] for each in found]
    begin = ids.index(after) + 1 if after in ids else 0
    page = found[begin : begin + PAGE]
    return json_answer(
        {
            "object": "list",
            "data": page,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
            "has_more": begin + PAGE < len(found),
        }
    )
