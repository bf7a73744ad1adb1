"""A service of each flavour, and the stock SDK's clients for it."""

from collections.abc import Iterator

import pytest
from openai import AzureOpenAI, OpenAI

from tests.integration.services.talking import KEY, V
from tests.upstream import AzureService, OpenAIService, Upstream, running


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with running(OpenAIService(keys={KEY})) as upstream:
        yield upstream


@pytest.fixture
def azure() -> Iterator[Upstream]:
    service = AzureService(keys={"azure-key"}, tokens={"entra-token"}, deployments={"prod": "gpt-4.1"})
    with running(service) as upstream:
        yield upstream


@pytest.fixture
def client(upstream: Upstream) -> Iterator[OpenAI]:
    with OpenAI(api_key=KEY, base_url=f"{upstream.url}/v1", max_retries=0, timeout=5) as client:
        yield client


@pytest.fixture
def classic(azure: Upstream) -> Iterator[AzureOpenAI]:
    with AzureOpenAI(api_key="azure-key", azure_endpoint=azure.url, api_version=V, max_retries=0) as client:
        yield client


@pytest.fixture
def azure_v1(azure: Upstream) -> Iterator[OpenAI]:
    with OpenAI(api_key="entra-token", base_url=f"{azure.url}/openai/v1", max_retries=0) as client:
        yield client
