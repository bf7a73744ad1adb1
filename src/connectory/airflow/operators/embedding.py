"""The operator for embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connectory.airflow.operators.asking import AskingOperator, text_or_list

if TYPE_CHECKING:
    from airflow.sdk import Context

_WRONG = "The 'input_text' must be a non-empty string, list of strings, list of integers, or list of lists of integers."


class OpenAIEmbeddingOperator(AskingOperator):
    """Embeds one text, or a list of any length.

    :param input_text: a text, a list of texts, a list of token numbers, or a list of those (templated).
    :param model: the model (templated); otherwise the connection's, or `text-embedding-3-small`.
    :param embedding_kwargs: more arguments of the SDK's call (`dimensions`, say; templated).
    :param batch_size: how many of a list go with one request, None for all; OpenAI takes 2048 at most.

    Returns the vector of one text, and of a list the vectors in its order.
    """

    template_fields: Sequence[str] = ("input_text", "model", "embedding_kwargs", *AskingOperator.template_fields)

    def __init__(
        self,
        *,
        input_text: Any,
        model: str | None = None,
        embedding_kwargs: dict[str, Any] | None = None,
        batch_size: int | None = 512,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"'batch_size' must be 1 or more, got {batch_size!r}.")
        self.input_text = input_text
        self.model = model
        self.embedding_kwargs = embedding_kwargs or {}
        self.batch_size = batch_size

    def execute(self, context: Context) -> list[Any]:
        given = text_or_list(self.input_text)
        if given is None:
            raise ValueError(_WRONG)
        with self._asking() as hook:
            if isinstance(given, str) or isinstance(given[0], int):
                return hook.create_embeddings(given, model=self.model, **self.embedding_kwargs)
            vectors: list[Any] = []
            size = self.batch_size or len(given)
            for part in (given[begin : begin + size] for begin in range(0, len(given), size)):
                vectors += hook.create_embeddings(part, model=self.model, **self.embedding_kwargs)
                if len(given) > size:
                    self.log.info("Embedded %s of %s texts", len(vectors), len(given))
            return vectors
