"""A question, and what `@task.openai` makes of the answer."""

from __future__ import annotations

from airflow.sdk import dag, task

from connectory.airflow import OpenAIChatOperator


@dag(schedule=None, catchup=False, tags=["connectory"])
def example_connectory_chat() -> None:
    fact = OpenAIChatOperator(task_id="fact", messages="Tell me one fact about clouds, in one sentence.")

    @task.openai(max_output_tokens=200)
    def headline(sentence: str) -> str:
        return f"Make a headline of this: {sentence}"

    headline(fact.output)


example_connectory_chat()
