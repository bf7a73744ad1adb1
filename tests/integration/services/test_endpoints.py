"""Every other endpoint of the test service, judged by the stock SDK."""

import base64
import struct
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.integration.services.talking import ECHO, KEY
from tests.upstream import OpenAIService, running
from tests.upstream.answers.embeddings import vector


def test_legacy_completion_answers_each_prompt(client: OpenAI) -> None:
    answer = client.completions.create(model="gpt-3.5-turbo-instruct", prompt=["one", "two words"])
    assert [choice.text for choice in answer.choices] == ["You said: one", "You said: two words"]
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (3, 7)


def test_legacy_completion_streams_and_reports_usage_when_asked(client: OpenAI) -> None:
    stream = client.completions.create(
        model="gpt-3.5-turbo-instruct", prompt="hi", stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = list(stream)
    assert "".join(chunk.choices[0].text for chunk in chunks) == "You said: hi"
    assert last.usage is not None
    assert last.usage.total_tokens == 4


def test_response_carries_text_and_usage(client: OpenAI) -> None:
    answer = client.responses.create(model="gpt-test", instructions="Be brief.", input="Hello there")
    assert answer.output_text == ECHO
    assert answer.usage is not None
    assert answer.usage.to_dict() == {
        "input_tokens": 4,
        "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 0},
        "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 8,
    }


def test_response_stream_has_typed_events_in_order(client: OpenAI) -> None:
    stream = list(client.responses.create(model="gpt-test", input="Hi", stream=True))
    assert [event.type for event in stream] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in stream] == list(range(11))


def test_completed_event_is_the_whole_response(client: OpenAI) -> None:
    whole = client.responses.create(model="gpt-test", input="Hi")
    with client.responses.stream(model="gpt-test", input="Hi") as stream:
        final = stream.get_final_response()
    assert (final.output_text, final.usage) == (whole.output_text, whole.usage)


def test_response_beyond_its_limit_is_incomplete(client: OpenAI) -> None:
    *_, last = client.responses.create(model="gpt-test", input="Hi", max_output_tokens=2, stream=True)
    assert last.type == "response.incomplete"
    assert last.response.output_text == "You said:"


def test_embeddings_as_base64_and_as_floats_are_the_same_numbers(client: OpenAI) -> None:
    packed = client.embeddings.create(model="text-embedding-3-small", input="hello", encoding_format="base64")
    floats = client.embeddings.create(model="text-embedding-3-small", input="hello", encoding_format="float")
    raw: Any = packed.data[0].embedding
    assert list(struct.unpack("<8f", base64.b64decode(raw))) == floats.data[0].embedding


def test_embedding_has_length_one(client: OpenAI) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input="hello", dimensions=100)
    values = answer.data[0].embedding
    assert len(values) == 100
    assert sum(value * value for value in values) == pytest.approx(1, abs=1e-6)


def test_each_input_has_its_own_embedding(client: OpenAI) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input=["a", "b c"])
    assert [each.embedding for each in answer.data] == [vector("a"), vector("b c")]
    assert answer.usage.prompt_tokens == 3


@pytest.mark.parametrize(("tokens", "vectors", "count"), [([1, 2, 3], 1, 3), ([[1, 2], [3]], 2, 3)])
def test_embeddings_take_lists_of_tokens(client: OpenAI, tokens: Any, vectors: int, count: int) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input=tokens)
    assert (len(answer.data), answer.usage.total_tokens) == (vectors, count)


def test_models_are_listed() -> None:
    with (
        running(OpenAIService(keys={KEY}, models=["a", "b"])) as upstream,
        OpenAI(api_key=KEY, base_url=f"{upstream.url}/v1") as client,
    ):
        assert [model.id for model in client.models.list()] == ["a", "b"]


def test_model_is_retrieved(client: OpenAI) -> None:
    assert client.models.retrieve("gpt-test").to_dict() == {
        "id": "gpt-test",
        "object": "model",
        "created": 1735689600,
        "owned_by": "openai",
    }


def test_uploaded_file_keeps_its_bytes(client: OpenAI) -> None:
    content = bytes(range(256)) + b"\r\n--\r\n"
    stored = client.files.create(file=("data.bin", content), purpose="batch")
    assert (stored.filename, stored.bytes, stored.purpose) == ("data.bin", len(content), "batch")
    assert client.files.content(stored.id).read() == content


def test_file_is_retrieved_by_its_id(client: OpenAI) -> None:
    stored = client.files.create(file=("a.txt", b"a"), purpose="batch")
    assert client.files.retrieve(stored.id) == stored


def test_files_are_listed_page_by_page(client: OpenAI) -> None:
    names = [f"{number}.txt" for number in range(5)]
    for name in names:
        client.files.create(file=(name, b"x"), purpose="batch")
    page = client.files.list(limit=2)
    assert ([file.filename for file in page.data], page.has_more) == (["4.txt", "3.txt"], True)
    assert [file.filename for file in client.files.list(limit=2)] == names[::-1]


def test_files_are_listed_by_purpose_and_order(client: OpenAI) -> None:
    for name, purpose in (("a", "batch"), ("b", "vision"), ("c", "batch")):
        client.files.create(file=(name, b"x"), purpose=purpose)  # type: ignore[arg-type]
    assert [file.filename for file in client.files.list(purpose="batch", order="asc")] == ["a", "c"]


def test_deleted_file_is_gone(client: OpenAI) -> None:
    stored = client.files.create(file=("a.txt", b"a"), purpose="batch")
    assert client.files.delete(stored.id).deleted
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        client.files.retrieve(stored.id)


def test_image_is_a_picture_and_has_usage(client: OpenAI) -> None:
    answer = client.images.generate(model="gpt-image-1", prompt="a white pixel", n=2)
    images = [base64.b64decode(image.b64_json or "") for image in answer.data or ()]
    assert [image[:8] for image in images] == [b"\x89PNG\r\n\x1a\n"] * 2
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (3, 544, 547)


def test_streamed_image_reports_usage_at_its_end(client: OpenAI) -> None:
    *_, last = client.images.generate(model="gpt-image-1", prompt="a white pixel", stream=True)
    assert last.type == "image_generation.completed"
    assert last.usage.total_tokens == 275


def test_whisper_bills_by_time(client: OpenAI) -> None:
    answer = client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"x" * 40_000))
    assert answer.usage is not None
    assert answer.usage.to_dict() == {"type": "duration", "seconds": 3}


def test_other_transcriptions_bill_by_tokens(client: OpenAI) -> None:
    answer = client.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=("a.wav", b"x" * 40_000), prompt="two words"
    )
    assert answer.text == "You played a.wav of 40000 bytes."
    assert answer.usage is not None
    assert answer.usage.to_dict() == {
        "type": "tokens",
        "input_tokens": 42,
        "input_token_details": {"audio_tokens": 40, "text_tokens": 2},
        "output_tokens": 6,
        "total_tokens": 48,
    }


def test_streamed_transcription_reports_usage_at_its_end(client: OpenAI) -> None:
    *_, last = client.audio.transcriptions.create(model="gpt-4o-transcribe", file=("a.wav", b"x"), stream=True)
    assert last.type == "transcript.text.done"
    assert last.usage is not None
    assert last.usage.total_tokens == 7


def test_moderation_flags_violence_only(client: OpenAI) -> None:
    answer = client.moderations.create(input=["peace", "some violence"])
    assert [result.flagged for result in answer.results] == [False, True]
    assert answer.results[1].categories.violence
