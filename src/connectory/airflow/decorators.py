"""`@task.openai`: a function says what to ask, and the task gives back the answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from connectory.airflow.operators.response import OpenAIResponseOperator

# After ours, which has a sentence for Airflow 2.
from airflow.sdk.bases.decorator import DecoratedOperator, TaskDecorator, task_decorator_factory  # isort: skip

try:
    from airflow.sdk.bases.decorator import determine_kwargs
except ImportError:  # 3.0 and 3.1
    from airflow.utils.operator_helpers import determine_kwargs  # type: ignore[attr-defined]

try:
    from airflow.sdk.definitions.context import context_merge
except ImportError:  # 3.0
    from airflow.utils.context import context_merge  # type: ignore[attr-defined,no-redef]

if TYPE_CHECKING:
    from airflow.sdk import Context


class OpenAIDecoratedOperator(DecoratedOperator, OpenAIResponseOperator):
    """The operator for responses, whose `input_text` a function returns when the task runs."""

    template_fields: Sequence[str] = (*DecoratedOperator.template_fields, *OpenAIResponseOperator.template_fields)
    template_fields_renderers: ClassVar[dict[str, str]] = {**DecoratedOperator.template_fields_renderers}
    custom_operator_name = "@task.openai"
    overwrite_rtif_after_execution = True

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(
            python_callable=python_callable,
            op_args=op_args,
            op_kwargs=op_kwargs,
            input_text="",  # the function says it
            **more,
        )

    def execute(self, context: Context) -> Any:
        context_merge(context, self.op_kwargs)
        named = determine_kwargs(self.python_callable, self.op_args, context)
        self.input_text = self.python_callable(*self.op_args, **named)
        if not self.input_text or not isinstance(self.input_text, str | list):
            raise TypeError("The function of `@task.openai` must return a non-empty text, or a list of input items.")
        # What it returns is never rendered: text of strangers in it could ask for connections and variables.
        return OpenAIResponseOperator.execute(self, context)


def openai_task(python_callable: Callable[..., Any] | None = None, **more: Any) -> TaskDecorator:
    """What `@task.openai` is: its arguments are those of the operator for responses."""
    return task_decorator_factory(
        python_callable=python_callable, decorated_operator_class=OpenAIDecoratedOperator, **more
    )
