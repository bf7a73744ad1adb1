"""What the language model of the demo can serve."""

from __future__ import annotations

from airflow.sdk import dag, task

from connectory.airflow import OpenAIChatOperator, OpenAIEmbeddingOperator, OpenAIResponseOperator

MODEL = "smollm2"
CONN_ID = "{{ params.conn_id }}"


@dag(schedule=None, catchup=False, params={"conn_id": "real_model"})
def real_model() -> None:
    question = "Say hello in five words."
    OpenAIChatOperator(task_id="chat", conn_id=CONN_ID, model=MODEL, messages=question, chat_kwargs={"max_tokens": 8})
    OpenAIEmbeddingOperator(
        task_id="embed", conn_id=CONN_ID, model=MODEL, input_text=["sea", "river", "lake"], batch_size=2
    )
    OpenAIResponseOperator(task_id="response", conn_id=CONN_ID, model=MODEL, input_text=question, max_output_tokens=16)

    @task.openai(conn_id=CONN_ID, model=MODEL, max_output_tokens=16)
    def decorated() -> str:
        return question

    decorated()


real_model()
