"""What all operators have in common: a connection, and the hook for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from connectory.airflow.hook import DEFAULT_ID, OpenAIHook
from connectory.airflow.releases import BaseOperator


def text_or_list(given: Any) -> str | list[Any] | None:
    """What was given as a text, or as a list that a sequence of Airflow's own becomes; None for anything else, and for
    nothing."""
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        given = list(given)  # what mapped tasks returned
    return given if given and isinstance(given, str | list) else None


class AskingOperator(BaseOperator):
    """Mixed into by every operator. `hook` may be assigned.

    :param conn_id: id of the connection (templated).
    """

    template_fields: Sequence[str] = ("conn_id",)
    ui_color = "#d9f0e6"
    _own_hook: OpenAIHook | None = None
    _served: str | None = None
    """The service's id of what this task has had done: of a response, a batch, a session."""

    def __init__(self, *, conn_id: str = DEFAULT_ID, **more: Any) -> None:
        super().__init__(**more)
        self.conn_id = conn_id

    @cached_property
    def hook(self) -> OpenAIHook:
        """The hook of this task."""
        self._own_hook = self._made_hook()
        return self._own_hook

    def _made_hook(self) -> OpenAIHook:
        return OpenAIHook(conn_id=self.conn_id)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """What OpenLineage asks for when the task is over."""
        from connectory.airflow.lineage import lineage_of

        return lineage_of(self._served)

    @contextmanager
    def _asking(self) -> Iterator[OpenAIHook]:
        """The hook, whose client is closed in the end."""
        try:
            yield self.hook
        finally:
            self._close()

    def _close(self) -> None:
        """Close the client of the hook that was made here. One that somebody has assigned is theirs."""
        hook = self.__dict__.get("hook")
        if isinstance(hook, OpenAIHook) and self._own_hook is hook:
            hook.close()
