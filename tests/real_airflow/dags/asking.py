"""One question, over the connection that the run names."""

from __future__ import annotations

from airflow.sdk import dag

from connectory.airflow import OpenAIChatOperator


@dag(schedule=None, catchup=False, params={"conn_id": "openai_default", "model": "gpt-test"})
def asking() -> None:
    OpenAIChatOperator(
        task_id="ask",
        conn_id="{{ params.conn_id }}",
        model="{{ params.model }}",
        messages="Say hello in five words.",
        chat_kwargs={"max_tokens": 8},
    )


asking()
