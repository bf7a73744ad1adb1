"""What Elastic's connector does with a document, and where we do otherwise on purpose.

Every case says what we do; `recorded` and `why` stand in those where the original does something else. What is refused
there is refused here, in our own sentences: Kibana's texts belong to its API.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectory.connection import Connection
from connectory.dialects import kibana, own
from connectory.errors import DocumentError
from connectory.secret import Secret

GOLDEN = Path(__file__).parents[2] / "golden" / "kibana.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
DEFAULT_MODEL = "gpt-4.1"  # that of the release that the cases were recorded with


def cases(*areas: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "case", [case for case in CASES if case["area"] in areas], ids=lambda case: case["id"]
    )


def read(case: dict[str, Any]) -> Connection:
    return kibana.read("case", case["entry"], default_model=DEFAULT_MODEL)


@cases("config", "secrets", "pki")
def test_connectors_are_read_as_recorded(case: dict[str, Any]) -> None:
    assert found(case) == case["expect"]


@cases("url")
def test_urls_are_used_as_recorded(case: dict[str, Any]) -> None:
    address = read(case).address
    seen = {"base_url": address.base_url, "request_url": address.endpoint}
    assert {name: seen[name] for name in case["expect"]} == case["expect"]


@cases("headers")
def test_headers_are_sent_as_recorded(case: dict[str, Any]) -> None:
    connection = read(case)
    credential = connection.credential.fixed_key()
    assert credential is not None
    name, value = connection.provider.credential_header(credential.reveal())
    sent = {**lower(connection.own_headers()), name.lower(): value}
    assert sent == case["expect"]["headers"]


def test_every_difference_is_explained() -> None:
    assert [case["id"] for case in CASES if ("recorded" in case) != ("why" in case)] == []


def found(case: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"document": own.write(read(case))}
    except DocumentError as error:
        return {"problems": [[problem.path, problem.message] for problem in error.problems]}


def lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value.reveal() if isinstance(value, Secret) else value for name, value in headers.items()}
