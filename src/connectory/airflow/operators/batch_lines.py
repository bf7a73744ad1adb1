"""The lines of a batch's files: requests that are sent, and results that are written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any


def requests_of(rows: Any, endpoint: str, *, model: str | None = None) -> bytes:
    """Rows as the lines of a file (https://developers.openai.com/api/docs/guides/batch); `model` for those without one.

    Raises ValueError for rows that are none, or that two answers could not be told apart of.
    """
    if isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Iterable):
        raise ValueError(f"{_WRONG}, not {_kind(rows)}: {_TEMPLATES}")
    lines = [_request(row, number, endpoint, model) for number, row in enumerate(rows, start=1)]
    if not lines:
        raise ValueError("'rows' has no row in it: there is nothing to ask for.")
    [(id, times)] = Counter(line["custom_id"] for line in lines).most_common(1)
    if times > 1:
        raise ValueError(
            f"'rows' has {times} requests with the custom_id {id!r}: nobody could tell their answers apart."
        )
    return lines_of(lines)


def lines_of(objects: Iterable[Mapping[str, Any]]) -> bytes:
    """JSON lines; half of a character, which an answer that was cut off may end in, is written as JSON escapes it."""
    return b"".join(_line(each) for each in objects)


_WRONG = "'rows' must be a list of objects"
_TEMPLATES = "give it as `task.output`, or let the DAG render templates as native objects"


def failed(result: Mapping[str, Any]) -> bool:
    """Whether a request came to nothing."""
    response = result.get("response") or {}
    return bool(result.get("error")) or response.get("status_code", _OK) != _OK


_OK = 200


def _request(row: Any, number: int, endpoint: str, model: str | None) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise ValueError(f"{_WRONG}; number {number} is {_kind(row)}.")
    is_whole = "body" in row
    id = row.get("custom_id") if is_whole else None
    custom_id = str(number if id is None else id)
    body = row["body"] if is_whole else row
    if model and isinstance(body, Mapping) and body.get("model") is None:
        body = {**body, "model": model}
    return {"custom_id": custom_id, "method": "POST", "url": endpoint, "body": body}


def _kind(value: Any) -> str:
    return "text" if isinstance(value, str) else f"a value of type {type(value).__name__}"


def _line(value: Mapping[str, Any]) -> bytes:
    try:
        return (json.dumps(value, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:
        return (json.dumps(value) + "\n").encode()
