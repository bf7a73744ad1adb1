"""A batch that is waited for in the triggerer."""

from __future__ import annotations

from airflow.sdk import Param, dag

from connectory.airflow import OpenAIBatchOperator

ROWS = [{"model": "gpt-test", "messages": [{"role": "user", "content": "Hello"}]}]


def waiting(*, dag_id: str, timeout: float) -> None:
    @dag(dag_id=dag_id, schedule=None, catchup=False, params={"conn_id": Param("slow", type="string")})
    def made() -> None:
        OpenAIBatchOperator(
            task_id="batch",
            conn_id="{{ params.conn_id }}",
            endpoint="/v1/chat/completions",
            rows=ROWS,
            deferrable=True,
            poll_interval=1,
            timeout=timeout,
            fetch_results=True,
        )

    made()


waiting(dag_id="waiting", timeout=3600)
waiting(dag_id="waiting_in_vain", timeout=30)
