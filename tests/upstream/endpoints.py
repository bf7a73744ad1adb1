"""The endpoints that a model answers, by their path under the base URL."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.upstream import sse
from tests.upstream.answers import audio, chat, completions, embeddings, images, moderations, responses
from tests.upstream.messages import Answer, Document, json_answer
from tests.upstream.openai_errors import Refused, missing, stream_options_without_stream, unknown_parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """How one endpoint answers a body: as a whole or, where it can stream and is asked to, as events.

    `required` is the parameter without which there is no answer (`model` is looked for before).
    `default_model` stands in for a model that is not named.
    """

    required: str
    whole: Callable[[Document], Document]
    stream: Callable[[Document], Iterable[bytes]] | None = None
    check: Callable[[Document], None] | None = None
    default_model: str | None = None

    def answer(self, body: Document) -> Answer:
        """Raises Refused."""
        if self.check is not None:
            self.check(body)
        if body.get(self.required) is None:
            raise Refused(missing(self.required))
        if self.stream is not None and is_streamed(body):
            return sse.sse_answer(self.stream(body))
        return json_answer(self.whole(body))


def is_streamed(body: Document) -> bool:
    """A form says `true` as text."""
    return body.get("stream") in (True, "true")


def unnamed(chunks: Callable[[Document], Iterator[Document]]) -> Callable[[Document], Iterable[bytes]]:
    """Events of data only, and `[DONE]` after them."""
    return lambda body: (*map(sse.event, chunks(body)), sse.DONE)


def typed(events: Callable[[Document], Iterator[Document]]) -> Callable[[Document], Iterable[bytes]]:
    """Events that bear their `type` as the event's name; the last one says itself that it is the last."""
    return lambda body: [sse.event(event, name=event["type"]) for event in events(body)]


def check_stream_options(body: Document) -> None:
    if body.get("stream_options") is not None and not is_streamed(body):
        raise Refused(stream_options_without_stream())


def check_responses(body: Document) -> None:
    check_stream_options(body)
    # Responses always report their usage, and OpenAI refuses to be asked for it.
    if "include_usage" in (body.get("stream_options") or {}):
        raise Refused(unknown_parameter("stream_options.include_usage"))


_AUDIO = Endpoint(required="file", whole=audio.transcription, stream=unnamed(audio.events))

ENDPOINTS: Mapping[str, Endpoint] = {
    "chat/completions": Endpoint(
        required="messages", whole=chat.completion, stream=unnamed(chat.chunks), check=check_stream_options
    ),
    "completions": Endpoint(
        required="prompt", whole=completions.completion, stream=unnamed(completions.chunks), check=check_stream_options
    ),
    "responses": Endpoint(
        required="input", whole=responses.response, stream=typed(responses.events), check=check_responses
    ),
    "embeddings": Endpoint(required="input", whole=embeddings.embeddings),
    "images/generations": Endpoint(required="prompt", whole=images.images, stream=typed(images.events)),
    "audio/transcriptions": _AUDIO,
    "audio/translations": _AUDIO,
    "moderations": Endpoint(required="input", whole=moderations.moderation, default_model="omni-moderation-latest"),
}
