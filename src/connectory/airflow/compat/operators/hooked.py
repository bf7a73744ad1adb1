"""What Apache's operators have in common."""

from __future__ import annotations

from connectory.airflow.compat.hooks.openai import OpenAIHook


class WithApachesHook:
    """Mixed into an operator: its hook is Apache's by name."""

    conn_id: str

    def _made_hook(self) -> OpenAIHook:
        return OpenAIHook(conn_id=self.conn_id)
