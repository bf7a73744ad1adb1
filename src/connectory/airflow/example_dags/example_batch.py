"""A batch that is waited for in the triggerer, and its results."""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from connectory.airflow import OpenAIBatchOperator

MODEL = "gpt-4.1-mini"


@dag(schedule=None, catchup=False, tags=["connectory"])
def example_connectory_batch() -> None:
    answers = OpenAIBatchOperator(
        task_id="ask",
        endpoint="/v1/chat/completions",
        rows=[
            {"model": MODEL, "messages": [{"role": "user", "content": f"What is the capital of {country}?"}]}
            for country in ("France", "Italy", "Spain")
        ],
        deferrable=True,
        poll_interval=30,
        fetch_results=True,
    )

    @task
    def texts(results: list[dict[str, Any]]) -> list[str]:
        return [each["response"]["body"]["choices"][0]["message"]["content"] for each in results]

    texts(answers.output)


example_connectory_batch()
