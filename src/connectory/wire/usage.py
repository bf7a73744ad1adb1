"""The token counts that an answer or a stream reports, in the words of each API.

    chat, completions, embeddings   prompt_tokens, completion_tokens, total_tokens
    responses, images, audio        input_tokens, output_tokens, total_tokens; or seconds, where time is billed

Source: the types of the package openai 3.54.0. A count that is no count (text, true, -1) was not given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from connectory.usage import Usage, UsageSource

# More than any database column holds is no count of tokens.
_MOST = 2**53

# With `include_usage`, every chunk has `"usage": null`; only an object is worth a parse.
_USAGE = re.compile(r'"usage"\s*:\s*\{')
_MODEL = re.compile(r'"model"\s*:\s*"[^"]')


def usage_of_answer(body: object) -> Usage:
    """The usage in a parsed answer or event, at its top or in the `response` that an event of Responses holds."""
    reported = _object(_object(body).get("usage")) or _object(_object(_object(body).get("response")).get("usage"))
    counts = {
        "prompt_tokens": _count(reported, "prompt_tokens", "input_tokens"),
        "completion_tokens": _count(reported, "completion_tokens", "output_tokens"),
        "total_tokens": _count(reported, "total_tokens"),
        "cached_tokens": _count(_details(reported, "prompt", "input"), "cached_tokens"),
        "reasoning_tokens": _count(_details(reported, "completion", "output"), "reasoning_tokens"),
    }
    seconds = _seconds(reported)
    if seconds is None and all(count is None for count in counts.values()):
        return Usage()
    return Usage(**counts, seconds=seconds, source=UsageSource.REPORTED)


def model_of_answer(body: object) -> str | None:
    """The model that a parsed answer or event says it comes from."""
    answer = _object(body)
    model = answer.get("model") or _object(answer.get("response")).get("model")
    return model if isinstance(model, str) and model else None


class StreamUsage:
    """What a stream says of its usage and model. Feed it every event, as text or parsed; the last usage counts.

    Text is looked at before it is parsed, so that a stream costs little more than one parse at its start and one at its
    end.
    """

    def __init__(self) -> None:
        self.usage = Usage()
        self.model: str | None = None

    def feed(self, data: str) -> None:
        """The data of one event."""
        if _USAGE.search(data) or (self.model is None and _MODEL.search(data)):
            try:
                event = json.loads(data)
            except (ValueError, RecursionError):
                return
            self.feed_event(event)

    def feed_event(self, event: object) -> None:
        """One event, parsed."""
        usage = usage_of_answer(event)
        if usage.source is UsageSource.REPORTED:
            self.usage = usage
        if self.model is None:
            self.model = model_of_answer(event)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _details(reported: Mapping[str, object], *sides: str) -> Mapping[str, object]:
    """`prompt_tokens_details` and its like; transcriptions say `input_token_details`."""
    names = (f"{side}_{word}_details" for side in sides for word in ("tokens", "token"))
    return next((details for name in names if (details := _object(reported.get(name)))), {})


def _count(reported: Mapping[str, object], *names: str) -> int | None:
    """The first of the named members that is a whole number."""
    numbers = (_number(reported.get(name)) for name in names)
    return next((int(number) for number in numbers if number is not None and number == int(number)), None)


def _seconds(reported: Mapping[str, object]) -> float | None:
    number = _number(reported.get("seconds"))
    return None if number is None else float(number)


def _number(value: object) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if 0 <= value <= _MOST else None
