"""What every integration test stands on: an environment that says nothing, anyio's asyncio, a service of each kind."""

import os
import re
from collections.abc import Iterator

import pytest

from tests.integration.connections import AZURE_KEY, KEY
from tests.upstream import AzureService, OpenAIService, Upstream, running


@pytest.fixture(autouse=True)
def _nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if re.match(r"(?i)(azure_)?openai_|.*_proxy$|ssl_cert_|requests_ca|curl_ca|connectory_|airflow_conn", name):
            monkeypatch.delenv(name)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def service() -> Iterator[Upstream]:
    with running(OpenAIService(keys={KEY})) as upstream:
        yield upstream


@pytest.fixture
def azure_service() -> Iterator[Upstream]:
    """Every model is a deployment, and so is `prod`."""
    deployments = {name: name for name in ("gpt-test", "text-embedding-test", "whisper-1")} | {"prod": "gpt-4.1"}
    with running(AzureService(keys={AZURE_KEY}, tokens={"entra-token"}, deployments=deployments)) as upstream:
        yield upstream
