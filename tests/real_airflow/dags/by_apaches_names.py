"""A DAG as it was written for Apache's provider, with other imports."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from airflow.sdk import dag, task

from connectory.airflow.compat.hooks.openai import OpenAIHook
from connectory.airflow.compat.operators.openai import (
    OpenAIEmbeddingOperator,
    OpenAIResponseOperator,
    OpenAITriggerBatchOperator,
)

REQUEST = {
    "custom_id": "1",
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": {"model": "gpt-test", "messages": [{"role": "user", "content": "Hello"}]},
}


@dag(schedule=None, catchup=False)
def by_apaches_names() -> None:
    OpenAIEmbeddingOperator(task_id="embed", conn_id="openai_default", input_text=["one", "two"])
    OpenAIResponseOperator(task_id="response", conn_id="openai_default", input_text="Hello", model="gpt-test")

    @task
    def upload() -> str:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "requests.jsonl"
            path.write_text(json.dumps(REQUEST) + "\n")
            return str(OpenAIHook("openai_default").upload_file(str(path), purpose="batch").id)

    file_id = upload()
    OpenAITriggerBatchOperator(task_id="waiting", file_id=file_id, endpoint="/v1/chat/completions", wait_seconds=0.2)
    OpenAITriggerBatchOperator(
        task_id="deferred", file_id=file_id, endpoint="/v1/chat/completions", deferrable=True, poll_interval=0.5
    )


by_apaches_names()
