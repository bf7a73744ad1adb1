"""What Apache's operators have in common."""

from __future__ import annotations

from functools import cached_property

from connectory.airflow.compat.hooks.openai import OpenAIHook


class WithApachesHook:
    """Mixed into an operator: its hook is Apache's by name."""

    conn_id: str

    @cached_property
    def hook(self) -> OpenAIHook:
        """The hook of this task."""
        return OpenAIHook(conn_id=self.conn_id)
