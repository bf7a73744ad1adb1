"""Token counts in answers and streams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectory.usage import Usage, UsageSource
from connectory.wire.usage import StreamUsage, model_of_answer, usage_of_answer

GOLDEN = Path(__file__).parents[2] / "golden" / "wire" / "usage.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))


def reported(**counts: Any) -> Usage:
    return Usage(**counts, source=UsageSource.REPORTED)


def test_a_count_that_was_not_given_is_missing_and_zero_is_not() -> None:
    assert usage_of_answer({"usage": {"completion_tokens": 0}}) == reported(completion_tokens=0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["given"])
def test_the_usage_of_every_api_is_read(case: dict[str, Any]) -> None:
    assert usage_of_answer(case["body"]) == reported(**case["usage"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["given"])
def test_a_stream_gives_the_usage_of_its_event(case: dict[str, Any]) -> None:
    stream = StreamUsage()
    stream.feed(json.dumps(case["body"], indent=1))
    assert stream.usage == reported(**case["usage"])


@pytest.mark.parametrize("count", [None, True, False, "5", -1, -0.5, 1.5, float("nan"), float("inf"), 10**400, [], {}])
def test_what_is_no_count_is_missing(count: object) -> None:
    assert usage_of_answer({"usage": {"prompt_tokens": count, "total_tokens": 3}}) == reported(total_tokens=3)


@pytest.mark.parametrize("count", [7, 7.0])
def test_a_whole_number_is_a_count_however_it_is_written(count: float) -> None:
    usage = usage_of_answer({"usage": {"prompt_tokens": count}})
    assert usage == reported(prompt_tokens=7)
    assert type(usage.prompt_tokens) is int


@pytest.mark.parametrize(
    "body",
    [None, 5, "usage", [], {}, {"usage": None}, {"usage": []}, {"usage": {}}, {"response": 1}, {"usage": {"x": 1}}],
)
def test_an_answer_without_counts_has_reported_nothing(body: object) -> None:
    assert usage_of_answer(body) == Usage()


def test_a_name_with_a_wrong_value_does_not_hide_the_other_name() -> None:
    assert usage_of_answer({"usage": {"prompt_tokens": None, "input_tokens": 4}}) == reported(prompt_tokens=4)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["usage", "response", "model", "prompt_tokens", "total_tokens", "seconds", "cached_tokens"]
            ),
            inner,
        )
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(VALUES)
def test_no_answer_is_too_strange(body: object) -> None:
    usage = usage_of_answer(body)
    counts = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, usage.cached_tokens, usage.seconds)
    assert (usage.source is UsageSource.REPORTED) == any(count is not None for count in counts)
    StreamUsage().feed_event(body)


@settings(deadline=None)
@given(st.text().map(lambda text: '{"usage":{' + text))
def test_no_event_is_too_strange(data: str) -> None:
    StreamUsage().feed(data)


@pytest.mark.parametrize(
    "data",
    ['{"usage":{' * 5000, '{"usage":{"total_tokens":' + "9" * 5000 + "}}", "[DONE]", "", '{"model":"m"'],
)
def test_an_event_that_cannot_be_read_is_passed_over(data: str) -> None:
    stream = StreamUsage()
    stream.feed(data)
    assert (stream.usage, stream.model) == (Usage(), None)


def test_the_last_usage_of_a_stream_counts() -> None:
    stream = StreamUsage()
    for data in ('{"usage":{"total_tokens":1}}', '{"usage":{"total_tokens":2}}', '{"usage":null}', '{"usage":{}}'):
        stream.feed(data)
    assert stream.usage == reported(total_tokens=2)


def test_the_model_is_the_first_that_a_stream_names() -> None:
    # Azure's first chunk names none: it holds the result of the filter only.
    stream = StreamUsage()
    for data in ('{"model":"","choices":[]}', '{"model":"gpt-a"}', '{"model":"gpt-b"}'):
        stream.feed(data)
    assert stream.model == "gpt-a"


def test_the_model_of_a_response_is_found() -> None:
    stream = StreamUsage()
    stream.feed('{"type":"response.created","response":{"model":"gpt-a","usage":null}}')
    assert (stream.model, stream.usage) == ("gpt-a", Usage())


def test_words_about_usage_are_no_usage() -> None:
    stream = StreamUsage()
    content = '"usage":{"total_tokens":5}'
    stream.feed(json.dumps({"choices": [{"delta": {"content": content}}]}))
    assert stream.usage == Usage()


def test_chunks_without_news_are_not_parsed() -> None:
    class Counted(StreamUsage):
        parsed = 0

        def feed_event(self, event: object) -> None:
            self.parsed += 1
            super().feed_event(event)

    stream = Counted()
    for _ in range(5):
        stream.feed('{"model":"m","usage":null,"choices":[]}')
    stream.feed('{"model":"m","usage":{"total_tokens":1},"choices":[]}')
    assert stream.parsed == 2


@pytest.mark.parametrize(("body", "model"), [({"model": "m"}, "m"), ({"model": 1}, None), ([], None), (None, None)])
def test_the_model_of_an_answer_is_read(body: object, model: str | None) -> None:
    assert model_of_answer(body) == model
