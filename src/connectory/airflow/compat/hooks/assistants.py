"""The methods for the Assistants API, which OpenAI itself has given up: they warn, and ask as long as it answers."""

from __future__ import annotations

import warnings
from typing import Any

from connectory.airflow.calling import Calling

_REASON = (
    "The OpenAI Assistants API is deprecated and will be removed by OpenAI on 2026-08-26. "
    "Use the Responses API (create_response) and Conversations API (create_conversation) instead. "
    "See https://platform.openai.com/docs/guides/migrate-to-responses."
)


class Assistants(Calling):
    """Mixed into Apache's hook."""

    def _outdated(self, path: str, *arguments: Any, **named: Any) -> Any:
        from airflow.exceptions import AirflowProviderDeprecationWarning

        warnings.warn(_REASON, AirflowProviderDeprecationWarning, stacklevel=3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the SDK says the same once more
            return self._called(f"beta.{path}", *arguments, **named)

    def create_assistant(self, model: str = "gpt-4o-mini", **kwargs: Any) -> Any:
        return self._outdated("assistants.create", model=model, **kwargs)

    def get_assistant(self, assistant_id: str) -> Any:
        return self._outdated("assistants.retrieve", assistant_id=assistant_id)

    def get_assistants(self, **kwargs: Any) -> list[Any]:
        found: list[Any] = self._outdated("assistants.list", **kwargs).data
        return found

    def modify_assistant(self, assistant_id: str, **kwargs: Any) -> Any:
        return self._outdated("assistants.update", assistant_id=assistant_id, **kwargs)

    def delete_assistant(self, assistant_id: str) -> Any:
        return self._outdated("assistants.delete", assistant_id=assistant_id)

    def create_thread(self, **kwargs: Any) -> Any:
        return self._outdated("threads.create", **kwargs)

    def modify_thread(self, thread_id: str, metadata: dict[str, Any]) -> Any:
        return self._outdated("threads.update", thread_id=thread_id, metadata=metadata)

    def delete_thread(self, thread_id: str) -> Any:
        return self._outdated("threads.delete", thread_id=thread_id)

    def create_message(self, thread_id: str, role: Any, content: str, **kwargs: Any) -> Any:
        return self._outdated("threads.messages.create", thread_id=thread_id, role=role, content=content, **kwargs)

    def get_messages(self, thread_id: str, **kwargs: Any) -> list[Any]:
        found: list[Any] = self._outdated("threads.messages.list", thread_id=thread_id, **kwargs).data
        return found

    def modify_message(self, thread_id: str, message_id: str, **kwargs: Any) -> Any:
        return self._outdated("threads.messages.update", thread_id=thread_id, message_id=message_id, **kwargs)

    def create_run(self, thread_id: str, assistant_id: str, **kwargs: Any) -> Any:
        return self._outdated("threads.runs.create", thread_id=thread_id, assistant_id=assistant_id, **kwargs)

    def create_run_and_poll(self, thread_id: str, assistant_id: str, **kwargs: Any) -> Any:
        named = {"thread_id": thread_id, "assistant_id": assistant_id}
        return self._outdated("threads.runs.create_and_poll", **named, **kwargs)

    def get_run(self, thread_id: str, run_id: str) -> Any:
        return self._outdated("threads.runs.retrieve", thread_id=thread_id, run_id=run_id)

    def get_runs(self, thread_id: str, **kwargs: Any) -> list[Any]:
        found: list[Any] = self._outdated("threads.runs.list", thread_id=thread_id, **kwargs).data
        return found

    def modify_run(self, thread_id: str, run_id: str, **kwargs: Any) -> Any:
        return self._outdated("threads.runs.update", thread_id=thread_id, run_id=run_id, **kwargs)
