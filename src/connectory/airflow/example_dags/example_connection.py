"""A chat and an embedding through any connection, and what came of both in a file.

airflow dags test example_connectory_connection --conf '{"conn_id": "openai_default", "model": "gpt-4.1-mini"}'
"""

from __future__ import annotations

import json

from airflow.sdk import ObjectStoragePath, dag, task

from connectory.airflow import OpenAIChatOperator, OpenAIEmbeddingOperator

PARAMS = {
    "conn_id": "openai_default",
    "model": "gpt-4.1-mini",
    "embedding_model": "text-embedding-3-small",
    "path": "file:///tmp/answers.json",
}


@dag(schedule=None, catchup=False, params=PARAMS, tags=["connectory"])
def example_connectory_connection() -> None:
    answer = OpenAIChatOperator(
        task_id="ask",
        conn_id="{{ params.conn_id }}",
        model="{{ params.model }}",
        messages="Say hello in five words.",
        chat_kwargs={"max_tokens": 48},
    )
    vector = OpenAIEmbeddingOperator(
        task_id="embed", conn_id="{{ params.conn_id }}", model="{{ params.embedding_model }}", input_text="sea"
    )

    @task
    def write(answer: str, vector: list[float], path: str) -> None:
        ObjectStoragePath(path).write_text(json.dumps({"answer": answer, "vector": vector}))

    write(answer.output, vector.output, "{{ params.path }}")


example_connectory_connection()
