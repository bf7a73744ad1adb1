"""A shell with a home of its own, and services for its connections."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.shell import Shell
from tests.upstream import AzureService, OpenAIService, Upstream, running

KEY = "sk-test"


@pytest.fixture
def service() -> Iterator[Upstream]:
    with running(OpenAIService(keys={KEY})) as upstream:
        yield upstream


@pytest.fixture
def azure_service() -> Iterator[Upstream]:
    with running(AzureService(keys={"azure-key"}, deployments={"prod": "gpt-4.1"})) as upstream:
        yield upstream


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def asking(shell: Shell, service: Upstream) -> Shell:
    """A shell that knows the connection `llm`."""
    shell.knows("llm", url=f"{service.url}/v1", model="gpt-test", credential={"api_key": KEY})
    return shell
