"""A chat through a connection that has no key: a pod proves who it is with its own token, which is exchanged for one of
OpenAI's. The connection, whose two ids OpenAI gives for the workload:

airflow connections add openai_identity --conn-type openai --conn-extra '{"auth_type": "workload_identity",
    "workload_identity_provider": "kubernetes", "identity_provider_id": "idp_...", "service_account_id": "sa_..."}'
"""

from __future__ import annotations

from airflow.sdk import dag, task

from connectory.airflow import OpenAIChatOperator, OpenAIHook

CONN_ID = "openai_identity"


@dag(schedule=None, catchup=False, tags=["connectory"])
def example_connectory_identity() -> None:
    answer = OpenAIChatOperator(task_id="ask", conn_id=CONN_ID, messages="Say hello in five words.")

    @task
    def models(said: str) -> int:
        """Any other call, over the same token."""
        print(said)
        with OpenAIHook(CONN_ID) as hook:
            return len(hook.get_models())

    models(answer.output)


example_connectory_identity()
