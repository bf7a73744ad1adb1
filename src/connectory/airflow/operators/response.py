"""The operator for a response: text, or an object of a Pydantic model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connectory.airflow.operators.asking import AskingOperator, text_or_list
from connectory.airflow.operators.ceilings import CEILINGS, check_literals, refuse_both, with_ceilings

if TYPE_CHECKING:
    from airflow.sdk import Context


class OpenAIResponseOperator(AskingOperator):
    """Asks a model for a response, at `/responses`.

    :param input_text: the question, or a list of input items (templated).
    :param model: the model (templated); otherwise the connection's, or `gpt-4o-mini`.
    :param response_kwargs: more arguments of the SDK's call (`instructions`, `tools`, ...; templated).
    :param max_output_tokens: how many tokens the response may have (templated).
    :param max_tool_calls: how many calls of built-in tools it may make (templated).
    :param text_format: a Pydantic model; its object is returned, as JSON has it.

    Returns the text. XComs beside it: `response_id`, and `usage` with the number of the try.
    """

    template_fields: Sequence[str] = (
        *("input_text", "model", "response_kwargs", "max_output_tokens", "max_tool_calls"),
        *AskingOperator.template_fields,
    )

    def __init__(
        self,
        *,
        input_text: Any,
        model: str | None = None,
        response_kwargs: dict[str, Any] | None = None,
        max_output_tokens: int | str | None = None,
        max_tool_calls: int | str | None = None,
        text_format: type | None = None,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.input_text = input_text
        self.model = model
        self.response_kwargs = response_kwargs or {}
        self.max_output_tokens = max_output_tokens
        self.max_tool_calls = max_tool_calls
        self.text_format = text_format
        self._supplied = frozenset(name for name, value in self._ceilings().items() if value is not None)
        refuse_both(self.task_id, self._ceilings(), self.response_kwargs)
        check_literals(self._ceilings(), self.response_kwargs)
        if text_format is not None and not _is_model(text_format):
            told = "'text_format' must be a Pydantic BaseModel subclass"
            raise TypeError(f"Task {self.task_id!r}: {told}, got {text_format!r}.")

    def execute(self, context: Context) -> Any:
        kwargs = with_ceilings(self.response_kwargs, self._ceilings(), self._supplied)
        asked = self._asked()
        with self._asking() as hook:
            if self.text_format is not None:
                return self._parsed(context, hook.parse_response, {"input": asked, **kwargs})
            response = hook.create_response(input=asked, model=self.model, **kwargs)
        self._warn(response)
        self._push(context, response)
        return response.output_text

    def _asked(self) -> Any:
        """The input of the request. Raises ValueError for nothing, and for a stream."""
        if self.response_kwargs.get("stream"):
            raise ValueError("'response_kwargs' must not ask for a stream: a task returns whole answers.")
        asked = text_or_list(self.input_text)
        if asked is None:
            raise ValueError("The 'input_text' must be a non-empty text, or a list of input items.")
        return asked

    def _parsed(self, context: Context, parse: Any, kwargs: dict[str, Any]) -> Any:
        from pydantic import ValidationError

        try:
            parsed = parse(model=self.model, text_format=self.text_format, **kwargs)
        except ValidationError as error:
            told = f"OpenAI Responses API returned a payload that does not match {self.text_format.__name__!r}."  # type: ignore[union-attr]
            why = "The response may have been truncated because max_output_tokens was reached"
            raise ValueError(f"{told} {why}: {error}") from error
        self._push(context, parsed)  # it has been paid for, whatever is wrong with it
        if parsed.status != "completed":
            raise ValueError(f"Response {parsed.id} did not complete ({_details(parsed)}).")
        if parsed.output_parsed is None:
            raise ValueError(f"Response {parsed.id} did not return a structured output ({_details(parsed)}).")
        return parsed.output_parsed.model_dump(mode="json")

    def _ceilings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in CEILINGS}

    def _warn(self, response: Any) -> None:
        if response.status == "completed":
            return
        if response.status != "incomplete":
            told = "Response %s ended with status %s; the returned output text may be empty."
            self.log.warning(told, response.id, response.status)
            return
        reason = response.incomplete_details.reason if response.incomplete_details else None
        if reason is None:
            told = "Response %s is incomplete; the returned output text may be truncated or empty."
            self.log.warning(told, response.id)
            return
        what = "is truncated, not empty" if response.output_text else "may be empty"
        told = "Response %s is incomplete (incomplete_details.reason=%s); the returned output text %s."
        self.log.warning(told, response.id, reason, what)

    def _push(self, context: Context, response: Any) -> None:
        self._served = response.id
        if not self.do_xcom_push:
            return
        task = context["ti"]
        usage = response.usage and {**response.usage.model_dump(mode="json"), "try_number": task.try_number}
        task.xcom_push(key="response_id", value=response.id)
        task.xcom_push(key="usage", value=usage)


def _is_model(kind: Any) -> bool:
    from pydantic import BaseModel

    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _details(response: Any) -> str:
    """What the service says of a response that is of no use."""
    said = [f"status={response.status!r}"]
    if response.error:
        said.append(f"error={response.error!r}")
    if response.incomplete_details:
        said.append(f"incomplete_details={response.incomplete_details!r}")
    parts = [part for item in response.output for part in getattr(item, "content", None) or ()]
    refusals = [part.refusal for part in parts if getattr(part, "type", "") == "refusal"]
    kinds = [item.type for item in response.output]
    if refusals:
        said.append(f"refusal={'; '.join(refusals)!r}")
    elif kinds:
        said.append(f"output_types={kinds!r}")
    return ", ".join(said)
