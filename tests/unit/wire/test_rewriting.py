"""The body that is sent in place of the caller's; cases recorded from Elastic's connector, and our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectory.provider import AZURE, OPENAI, OTHER, PROVIDERS, Provider
from connectory.wire.endpoints import KNOWN
from connectory.wire.rewriting import model_of, prepare_body

GOLDEN = Path(__file__).parents[2] / "golden" / "wire" / "sanitize.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))

CHAT = "https://api.openai.com/v1/chat/completions"
RESPONSES = "https://api.openai.com/v1/responses"
EMBEDDINGS = "https://api.openai.com/v1/embeddings"
IMAGES = "https://api.openai.com/v1/images/generations"
V1 = "https://r.openai.azure.com/openai/v1/chat/completions"


def prepared(
    body: str | bytes,
    *,
    provider: Provider = OPENAI,
    url: str = CHAT,
    model: str | None = None,
    stream: bool = False,
) -> str:
    return prepare_body(body, provider=provider, url=url, model=model, stream=stream).decode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_bodies_are_rewritten_as_recorded(case: dict[str, Any]) -> None:
    sent = prepared(
        case["body"],
        provider=PROVIDERS[case["provider"]],
        url=case["url"],
        model=case["model"],
        stream=case["stream"],
    )
    expect = case["expect"]
    if "body" in expect:
        assert sent == expect["body"]
    if "json" in expect:
        assert json.loads(sent) == expect["json"]
    assert not set(expect.get("absent", ())) & set(json.loads(sent) if "absent" in expect else ())


@pytest.mark.parametrize("body", ['{"a":1,,}', "null", "[1]", "5", '"text"', "true", "", "{NaN}", '{"a":' + "[" * 9999])
def test_what_is_no_object_is_sent_as_it_is(body: str) -> None:
    assert prepared(body, model="m", stream=True) == body


def test_bytes_that_are_no_text_are_sent_as_they_are() -> None:
    body = b'{"model":"\xff\xfe"}'
    assert prepare_body(body, provider=OTHER, url=CHAT, model="m", stream=True) == body


def test_text_that_has_no_utf8_is_sent_with_the_escape_of_json() -> None:
    assert prepared('{"broken":"\ud800') == r'{"broken":"\ud800'


def test_a_body_that_needs_no_change_is_sent_byte_for_byte() -> None:
    body = '{\n  "stream" : false,\n  "model": "caf\\u00e9",\n  "seed": 1.0 }\n'
    assert prepared(body, model="m") == body


def test_options_that_already_say_it_keep_their_spelling() -> None:
    body = '{"model":"m","stream": true, "stream_options": { "include_usage" : true }}'
    assert prepared(body, stream=True) == body


def test_a_body_that_changes_is_sent_in_compact_form() -> None:
    body = '{ "model": "caf\\u00e9", "seed": 1.0, "big": 123456789012345678901, "lone": "\\ud800" }'
    assert prepared(body) == '{"model":"café","seed":1.0,"big":123456789012345678901,"lone":"\\ud800","stream":false}'


def test_new_keys_follow_in_a_fixed_order() -> None:
    assert prepared('{"messages":[]}', model="m", stream=True) == (
        '{"messages":[],"stream":true,"stream_options":{"include_usage":true},"model":"m"}'
    )


def test_known_keys_keep_their_places() -> None:
    assert prepared('{"model":"","stream_options":{"x":1},"stream":0,"a":1}', model="m", stream=True) == (
        '{"model":"m","stream_options":{"include_usage":true},"stream":true,"a":1}'
    )


def test_a_service_cannot_read_a_second_flag_that_we_did_not() -> None:
    assert prepared('{"stream":true,"model":"a","stream":false}') == '{"stream":false,"model":"a"}'


def test_a_flag_spelled_with_escapes_is_seen() -> None:
    assert prepared('{"str\\u0065am":true,"model":"m"}', url=RESPONSES) == '{"stream":false,"model":"m"}'


@pytest.mark.parametrize("model", ['""', "null", "0", "false", "0.0"])
def test_an_empty_model_is_replaced(model: str) -> None:
    assert json.loads(prepared(f'{{"model":{model}}}', model="m"))["model"] == "m"


@pytest.mark.parametrize("model", ['"own"', "[]", "{}", "1", "true"])
def test_a_given_model_is_kept(model: str) -> None:
    assert json.loads(prepared(f'{{"model":{model}}}', model="m"))["model"] == json.loads(model)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.name)
def test_the_default_model_is_inserted_for_every_provider(provider: Provider, stream: bool) -> None:
    sent = prepared("{}", provider=provider, url=V1, model='say "m"', stream=stream)
    assert json.loads(sent)["model"] == 'say "m"'


@pytest.mark.parametrize("url", [CHAT, V1, RESPONSES, IMAGES, EMBEDDINGS, "https://randostring.ai"])
@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.name)
def test_a_wanted_stream_is_asked_for_at_every_url(provider: Provider, url: str) -> None:
    assert json.loads(prepared('{"stream":false}', provider=provider, url=url, stream=True))["stream"] is True


@pytest.mark.parametrize("url", [CHAT, V1, RESPONSES, IMAGES, EMBEDDINGS, "https://randostring.ai"])
@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.name)
def test_an_unwanted_stream_is_turned_off_at_every_url(provider: Provider, url: str) -> None:
    assert json.loads(prepared('{"stream":true}', provider=provider, url=url))["stream"] is False


def test_an_endpoint_that_never_streams_gets_no_flag_unless_a_stream_is_wanted() -> None:
    assert prepared('{"input":"x"}', provider=OTHER, url=EMBEDDINGS) == '{"input":"x"}'


def test_images_in_one_piece_need_no_flag() -> None:
    assert prepared('{"prompt":"x"}', provider=OTHER, url=IMAGES) == '{"prompt":"x"}'


def test_responses_are_not_asked_for_usage_which_they_report_anyway() -> None:
    assert prepared('{"model":"m"}', url=RESPONSES, stream=True) == '{"model":"m","stream":true}'
    assert prepared('{"model":"m"}', url=RESPONSES) == '{"model":"m"}'


def test_stream_options_of_the_caller_stay_where_we_set_none() -> None:
    body = '{"model":"m","stream":true,"stream_options":{"include_usage":true}}'
    assert prepared(body, provider=OTHER, stream=True) == body


@pytest.mark.parametrize("tools", ["", ',"tools":[]', ',"tools":null', ',"tools":"none"'])
def test_a_choice_among_no_tools_is_removed(tools: str) -> None:
    body = f'{{"stream":false{tools},"tool_choice":"auto","parallel_tool_calls":true,"function_call":"auto"}}'
    kept = json.loads(prepared(body))
    assert kept.keys() - {"tools"} == {"stream"}


def test_a_choice_among_tools_is_kept() -> None:
    body = '{"stream":false,"tools":[{}],"tool_choice":"auto","parallel_tool_calls":true}'
    assert prepared(body) == body


def test_a_choice_among_functions_is_kept() -> None:
    body = '{"stream":false,"functions":[{}],"function_call":"auto"}'
    assert prepared(body) == body


def test_azure_keeps_a_choice_among_no_tools() -> None:
    body = '{"tool_choice":"auto","function_call":"auto"}'
    assert prepared(body, provider=AZURE, url=V1) == body


def test_the_tools_of_a_stored_prompt_are_chosen_among() -> None:
    body = '{"prompt":{"id":"pmpt_1"},"tool_choice":"required"}'
    assert prepared(body, url=RESPONSES) == body
    assert prepared('{"input":"x","tool_choice":"required"}', url=RESPONSES) == '{"input":"x"}'


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ('{"model":"m"}', "m"),
        (b'{"mod\\u0065l":"m"}', "m"),
        ('{"model":"a","model":"b"}', "b"),
        ('{"model":""}', None),
        ('{"model":1}', None),
        ('{"model":', None),
        ("[]", None),
        (b"\xff", None),
    ],
)
def test_the_model_of_a_body_is_read(body: str | bytes, model: str | None) -> None:
    assert model_of(body) == model


BODIES = st.dictionaries(
    st.sampled_from(["stream", "stream_options", "model", "tools", "tool_choice", "functions", "function_call", "x"]),
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
)
URLS = st.sampled_from([*("https://h/v1" + endpoint.path for endpoint in KNOWN), CHAT, V1, "https://randostring.ai"])
PROVIDER = st.sampled_from(list(PROVIDERS.values()))


@settings(deadline=None)
@given(BODIES, URLS, PROVIDER, st.none() | st.text(min_size=1), st.booleans())
def test_a_prepared_body_needs_no_further_change(
    body: dict[str, object], url: str, provider: Provider, model: str | None, stream: bool
) -> None:
    once = prepare_body(json.dumps(body), provider=provider, url=url, model=model, stream=stream)
    assert prepare_body(once, provider=provider, url=url, model=model, stream=stream) == once
    assert json.loads(once).get("stream", False) in (False, stream)


@settings(deadline=None)
@given(st.text() | st.binary(), URLS, PROVIDER, st.booleans())
def test_no_body_is_too_strange_to_send(body: str | bytes, url: str, provider: Provider, stream: bool) -> None:
    prepare_body(body, provider=provider, url=url, model="m", stream=stream)
