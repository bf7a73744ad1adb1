"""`@task.openai`, as Airflow finds it."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG, task

from tests.integration.airflow.conftest import Known
from tests.integration.airflow.test_operators import run
from tests.upstream import Upstream


def operator_of(conn_id: str, says: Any) -> Any:
    """The operator of a task whose function returns this, greeting somebody."""
    with DAG("a_dag", schedule=None):

        @task.openai(conn_id=conn_id, model="gpt-test", max_output_tokens=50)
        def ask(name: str) -> Any:
            return says and f"{says} {name}"

        asked: Any = ask("there")
        return asked.operator


def test_what_the_function_returns_is_asked(knows: Known, service: Upstream) -> None:
    text, pushed = run(operator_of(knows(f"{service.url}/v1"), "Hello"))
    assert text == "You said: Hello there"
    assert pushed["response_id"].startswith("resp_")


def test_function_that_returns_nothing_is_an_error(knows: Known, service: Upstream) -> None:
    with pytest.raises(TypeError, match="must return a non-empty text"):
        run(operator_of(knows(f"{service.url}/v1"), ""))


def test_what_the_function_returns_is_no_template(knows: Known, service: Upstream) -> None:
    """It may hold the words of strangers, which must not be asked for the connection's key."""
    conn_id = knows(f"{service.url}/v1", password="sk-test")
    text, _ = run(operator_of(conn_id, "{{ conn.case_conn.password }} and 100 {% of"))
    assert text == "You said: {{ conn.case_conn.password }} and 100 {% of there"
