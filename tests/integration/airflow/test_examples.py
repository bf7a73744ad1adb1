"""The example DAGs are read by Airflow as they stand."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from connectory.airflow import example_dags

EXAMPLES = [found.name for found in pkgutil.iter_modules(example_dags.__path__)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_makes_a_dag(name: str) -> None:
    module = importlib.import_module(f"connectory.airflow.example_dags.{name}")
    dag_id = name.replace("example_", "example_connectory_")
    assert getattr(module, dag_id)().task_ids
