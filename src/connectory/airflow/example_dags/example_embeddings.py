"""Embeddings of some texts, written into a file."""

from __future__ import annotations

import json

from airflow.sdk import ObjectStoragePath, dag, task

from connectory.airflow import OpenAIEmbeddingOperator

TEXTS = ["a river", "a mountain", "a sea"]


@dag(schedule=None, catchup=False, params={"path": "file:///tmp/embeddings.json"}, tags=["connectory"])
def example_connectory_embeddings() -> None:
    vectors = OpenAIEmbeddingOperator(task_id="embed", input_text=TEXTS, batch_size=2)

    @task
    def write(found: list[list[float]], path: str) -> None:
        ObjectStoragePath(path).write_text(json.dumps(dict(zip(TEXTS, found, strict=True))))

    write(vectors.output, "{{ params.path }}")


example_connectory_embeddings()
