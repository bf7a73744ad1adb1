"""Chats, responses, conversations, embeddings and moderations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectory.airflow.calling import Calling

if TYPE_CHECKING:
    from openai.types.conversations import Conversation, ConversationDeletedResource
    from openai.types.responses import ParsedResponse, Response


class Texts(Calling):
    """Mixed into the hook."""

    def create_chat_completion(self, messages: list[Any], model: str | None = None, **more: Any) -> Any:
        """The choices of a chat's answer; with `stream=True` the stream of its chunks, which the caller closes."""
        answer = self._called("chat.completions.create", messages=messages, model=model, **more)
        return answer if more.get("stream") else answer.choices

    async def acreate_chat_completion(self, messages: list[Any], model: str | None = None, **more: Any) -> Any:
        answer = await self._acalled("chat.completions.create", messages=messages, model=model, **more)
        return answer if more.get("stream") else answer.choices

    def create_response(self, input: Any, model: str | None = None, **more: Any) -> Response:
        """A response; with `stream=True` the stream of its events."""
        return self._called("responses.create", input=input, model=model, **more)  # type: ignore[no-any-return]

    async def acreate_response(self, input: Any, model: str | None = None, **more: Any) -> Response:
        return await self._acalled("responses.create", input=input, model=model, **more)  # type: ignore[no-any-return]

    def parse_response(
        self, input: Any, model: str | None = None, *, text_format: type, **more: Any
    ) -> ParsedResponse[Any]:
        """A response whose text is an object of the Pydantic model `text_format`."""
        return self._called("responses.parse", input=input, model=model, text_format=text_format, **more)  # type: ignore[no-any-return]

    async def aparse_response(
        self, input: Any, model: str | None = None, *, text_format: type, **more: Any
    ) -> ParsedResponse[Any]:
        return await self._acalled("responses.parse", input=input, model=model, text_format=text_format, **more)  # type: ignore[no-any-return]

    def get_response(self, response_id: str, **more: Any) -> Response:
        return self._called("responses.retrieve", response_id, **more)  # type: ignore[no-any-return]

    async def aget_response(self, response_id: str, **more: Any) -> Response:
        return await self._acalled("responses.retrieve", response_id, **more)  # type: ignore[no-any-return]

    def cancel_response(self, response_id: str) -> Response:
        return self._called("responses.cancel", response_id)  # type: ignore[no-any-return]

    async def acancel_response(self, response_id: str) -> Response:
        return await self._acalled("responses.cancel", response_id)  # type: ignore[no-any-return]

    def delete_response(self, response_id: str) -> None:
        self._called("responses.delete", response_id)

    async def adelete_response(self, response_id: str) -> None:
        await self._acalled("responses.delete", response_id)

    def create_conversation(self, **more: Any) -> Conversation:
        return self._called("conversations.create", **more)  # type: ignore[no-any-return]

    async def acreate_conversation(self, **more: Any) -> Conversation:
        return await self._acalled("conversations.create", **more)  # type: ignore[no-any-return]

    def get_conversation(self, conversation_id: str) -> Conversation:
        return self._called("conversations.retrieve", conversation_id)  # type: ignore[no-any-return]

    async def aget_conversation(self, conversation_id: str) -> Conversation:
        return await self._acalled("conversations.retrieve", conversation_id)  # type: ignore[no-any-return]

    def update_conversation(self, conversation_id: str, metadata: dict[str, str]) -> Conversation:
        return self._called("conversations.update", conversation_id, metadata=metadata)  # type: ignore[no-any-return]

    async def aupdate_conversation(self, conversation_id: str, metadata: dict[str, str]) -> Conversation:
        return await self._acalled("conversations.update", conversation_id, metadata=metadata)  # type: ignore[no-any-return]

    def delete_conversation(self, conversation_id: str) -> ConversationDeletedResource:
        return self._called("conversations.delete", conversation_id)  # type: ignore[no-any-return]

    async def adelete_conversation(self, conversation_id: str) -> ConversationDeletedResource:
        return await self._acalled("conversations.delete", conversation_id)  # type: ignore[no-any-return]

    def create_embeddings(self, text: Any, model: str | None = None, **more: Any) -> list[Any]:
        """The vector of one text (or of one list of token numbers); of a list of them the vectors, in its order."""
        return _vectors(text, self._called("embeddings.create", input=text, model=model, **more))

    async def acreate_embeddings(self, text: Any, model: str | None = None, **more: Any) -> list[Any]:
        return _vectors(text, await self._acalled("embeddings.create", input=text, model=model, **more))

    def create_moderation(self, input: Any, **more: Any) -> Any:
        """What the service thinks of a text, or of several."""
        return self._called("moderations.create", input=input, **more)

    async def acreate_moderation(self, input: Any, **more: Any) -> Any:
        return await self._acalled("moderations.create", input=input, **more)

    def get_models(self) -> list[Any]:
        """All models that the service lists."""
        return list(self._called("models.list"))

    async def aget_models(self) -> list[Any]:
        return list((await self._acalled("models.list")).data)


def _vectors(text: Any, answer: Any) -> list[Any]:
    """Raises ValueError for more or fewer than there were texts: nobody could tell which is whose."""
    vectors = [each.embedding for each in sorted(answer.data, key=lambda each: each.index)]
    is_one = isinstance(text, str) or (isinstance(text, list) and bool(text) and isinstance(text[0], int))
    asked = 1 if is_one else len(text)
    if len(vectors) != asked:
        raise ValueError(f"The service gave {len(vectors)} vectors for {asked} texts.")
    found: list[Any] = vectors[0] if is_one else vectors
    return found
