"""The operator for one answer of a chat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connectory.airflow.operators.asking import AskingOperator, text_or_list

if TYPE_CHECKING:
    from airflow.sdk import Context


class OpenAIChatOperator(AskingOperator):
    """Asks a model for the next message of a chat, at `/chat/completions`, which every compatible service has.

    :param messages: the messages so far, or the text of a single question (templated).
    :param model: the model (templated); otherwise the connection's, or `gpt-4o-mini`.
    :param chat_kwargs: more arguments of the SDK's call (`temperature`, `tools`, ...; templated).

    Returns the text of the answer; one that is cut off by a limit of tokens is warned of.
    """

    template_fields: Sequence[str] = ("messages", "model", "chat_kwargs", *AskingOperator.template_fields)

    def __init__(
        self,
        *,
        messages: Any,
        model: str | None = None,
        chat_kwargs: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.messages = messages
        self.model = model
        self.chat_kwargs = chat_kwargs or {}

    def execute(self, context: Context) -> str | None:
        given = text_or_list(self.messages)
        if given is None:
            raise ValueError("The 'messages' must be a non-empty text, or a list of messages.")
        if self.chat_kwargs.get("stream"):
            raise ValueError("'chat_kwargs' must not ask for a stream: a task returns whole answers.")
        asked = [{"role": "user", "content": given}] if isinstance(given, str) else given
        with self._asking() as hook:
            choices = hook.create_chat_completion(asked, model=self.model, **self.chat_kwargs)
        if not choices:
            raise ValueError("The service gave no choice.")
        [choice, *_] = choices
        answer: str | None = choice.message.content
        if choice.finish_reason == "length":
            self.log.warning("The answer is cut off: the limit of tokens was reached")
        elif answer is None and not choice.message.tool_calls:
            refusal = getattr(choice.message, "refusal", None)
            self.log.warning("The answer has no text (finish_reason=%s, refusal=%r)", choice.finish_reason, refusal)
        return answer
