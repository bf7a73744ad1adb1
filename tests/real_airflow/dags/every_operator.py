"""Every operator of ours, in the ways that it can work."""

from __future__ import annotations

import json
from typing import Any

from airflow.sdk import ObjectStoragePath, dag, task

from connectory.airflow import (
    OpenAIAgentSessionOperator,
    OpenAIBatchOperator,
    OpenAIChatOperator,
    OpenAIEmbeddingOperator,
    OpenAIResponseOperator,
)

MODEL = "gpt-test"
ENDPOINT = "/v1/chat/completions"
ROWS = [{"model": MODEL, "messages": [{"role": "user", "content": f"Hello {number}"}]} for number in range(3)]
SESSION: dict[str, Any] = {
    "input": "Do it",
    "environment": {"type": "none"},
    "agent_id": "agent_1",
    "conn_id": "agents",
    "poll_interval": 0.5,
}


@dag(schedule=None, catchup=False, params={"folder": "file:///tmp"})
def every_operator() -> None:
    OpenAIChatOperator(task_id="chat", messages=[{"role": "user", "content": "Hello"}], model=MODEL)
    OpenAIResponseOperator(task_id="response", input_text="Hello", model=MODEL, max_output_tokens=50)
    OpenAIEmbeddingOperator(task_id="embed_one", input_text="one")
    OpenAIEmbeddingOperator(task_id="embed_many", input_text=["one", "two", "three"], batch_size=2)

    @task.openai(model=MODEL)
    def decorated() -> str:
        return "Hello from {{ dag.dag_id }}"

    decorated()

    OpenAIBatchOperator(task_id="batch", endpoint=ENDPOINT, rows=ROWS, poll_interval=0.2, fetch_results=True)

    @task
    def requests(folder: str) -> str:
        path = ObjectStoragePath(folder) / "requests.jsonl"
        lines = [{"custom_id": "x", "method": "POST", "url": ENDPOINT, "body": row} for row in ROWS]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return str(path)

    OpenAIBatchOperator(
        task_id="batch_of_file",
        endpoint=ENDPOINT,
        input_path=requests("{{ params.folder }}"),
        output_path="{{ params.folder }}/results.jsonl",
        deferrable=True,
        poll_interval=0.5,
    )
    OpenAIAgentSessionOperator(task_id="agent", **SESSION)
    OpenAIAgentSessionOperator(task_id="agent_deferred", deferrable=True, **SESSION)


every_operator()
