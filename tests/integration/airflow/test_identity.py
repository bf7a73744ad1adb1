"""A pod's identity in Airflow: one token for all hooks, copies, triggers and async clients of a process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from connectory.airflow import OpenAIHook
from tests.integration.airflow.conftest import Known
from tests.upstream import OpenAIService, RotatingTokenFile, TokenExchange, running


def test_all_who_use_an_identity_share_its_token(knows: Known, tmp_path: Path) -> None:
    exchange = TokenExchange(subject_tokens={"subject-1"}, identity_provider_id="idp", service_account_id="sa")
    token = RotatingTokenFile(tmp_path / "token")
    token.rotate("subject-1")
    with running(exchange) as place, running(OpenAIService(keys=exchange.tokens)) as service:
        conn_id = knows(
            f"{service.url}/v1",
            password=None,
            auth_type="workload_identity",
            identity_provider_id="idp",
            service_account_id="sa",
            workload_identity_provider="kubernetes",
            token_file_path=str(token.path),
            exchange_url=f"{place.url}/oauth/token",
        )
        for _ in range(2):
            with OpenAIHook(conn_id) as hook:
                hook.get_models()
                hook.conn.with_options(timeout=5).models.list()
        asyncio.run(OpenAIHook(conn_id).aget_models())
        assert len(place.requests) == 1
        assert len(service.requests) == 5
