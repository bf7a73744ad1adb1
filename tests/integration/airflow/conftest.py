"""Airflow as a task has it: connections from variables, and a home of its own. Airflow reads its home when imported."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.integration.airflow.far_places import Far, certificate_of_all, far_places
from tests.upstream import Identity, Pki

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-home-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
pytest.importorskip("airflow", reason="Airflow is not installed here")

Known = Callable[..., str]


@pytest.fixture
def knows(monkeypatch: pytest.MonkeyPatch) -> Known:
    """Makes a connection known to Airflow by its variable; gives its id back."""

    def known(url: str | None = None, *, id: str = "case_conn", password: str | None = "sk-test", **extra: Any) -> str:
        fields = {"conn_type": "openai", "host": url, "password": password, "extra": extra}
        given = {name: value for name, value in fields.items() if value is not None}
        monkeypatch.setenv(f"AIRFLOW_CONN_{id.upper()}", json.dumps(given))
        return id

    return known


@pytest.fixture(scope="session")
def far_pki() -> tuple[Pki, Identity]:
    pki = Pki()
    return pki, certificate_of_all(pki)


@pytest.fixture
def far(far_pki: tuple[Pki, Identity], tmp_path: Path) -> Far:
    """OpenAI and the others on loopback, under their own names."""
    pki, server = far_pki
    return partial(far_places, pki=pki, server=server, folder=tmp_path)


@pytest.fixture
def token_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes `case_tokens` importable, anew."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.delitem(sys.modules, "case_tokens", raising=False)
