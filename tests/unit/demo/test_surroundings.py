"""The environment that the demo lives in."""

from __future__ import annotations

import os

import pytest

from connectory.demo.surroundings import own_surroundings


def test_connections_and_proxies_of_the_visitor_are_out_of_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = ["CONNECTORY_HOME", "CONNECTORY_CONNECTION_A", "AIRFLOW_CONN_A", "OPENAI_API_KEY", "HTTPS_PROXY"]
    for name in [*hidden, "no_proxy", "KEPT"]:
        monkeypatch.setenv(name, "x")
    with own_surroundings():
        assert [name for name in hidden if name in os.environ] == []
        assert os.environ["KEPT"] == "x"


def test_environment_is_afterwards_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTORY_HOME", "/home/of/visitor")
    before = dict(os.environ)
    with own_surroundings():
        os.environ["CONNECTORY_HOME"] = "/elsewhere"
        os.environ["CONNECTORY_NEW"] = "1"
    assert dict(os.environ) == before
