"""A batch that is waited for in the triggerer."""

from __future__ import annotations

from airflow.sdk import dag

from connectory.airflow import OpenAIBatchOperator

ROWS = [{"model": "gpt-test", "messages": [{"role": "user", "content": "Hello"}]}]


def waiting(*, dag_id: str, conn_id: str, timeout: float) -> None:
    @dag(dag_id=dag_id, schedule=None, catchup=False)
    def made() -> None:
        OpenAIBatchOperator(
            task_id="batch",
            conn_id=conn_id,
            endpoint="/v1/chat/completions",
            rows=ROWS,
            deferrable=True,
            poll_interval=1,
            timeout=timeout,
            fetch_results=True,
        )

    made()


waiting(dag_id="waiting", conn_id="slow", timeout=3600)
waiting(dag_id="waiting_in_vain", conn_id="vain", timeout=30)
