"""Connections to the test services, read from documents as a user would write them."""

from typing import Any

from connectory import Connection
from connectory.dialects import own
from tests.environments import in_environment
from tests.upstream import Upstream

KEY = "sk-test"
AZURE_KEY = "azure-key"
VERSION = "2024-10-21"
HELLO = {"messages": [{"role": "user", "content": "Hello there"}]}
ECHO = "You said: Hello there"


def openai_at(upstream: Upstream | str, **document: Any) -> Connection:
    """A connection as to OpenAI itself: usage of streams is asked for."""
    return _read({"provider": "openai", "url": f"{_url(upstream)}/v1", **document})


def other_at(upstream: Upstream | str, **document: Any) -> Connection:
    return _read({"provider": "other", "url": f"{_url(upstream)}/v1", **document})


def azure_at(upstream: Upstream, **document: Any) -> Connection:
    """Azure's classic URL, without a deployment in it."""
    return _read(
        {
            "provider": "azure",
            "url": f"{upstream.url}/openai?api-version={VERSION}",
            "credential": {"api_key": AZURE_KEY},
            **document,
        }
    )


def azure_v1_at(upstream: Upstream, **document: Any) -> Connection:
    return azure_at(upstream, url=f"{upstream.url}/openai/v1", **document)


def _url(upstream: Upstream | str) -> str:
    return upstream if isinstance(upstream, str) else upstream.url


def _read(document: dict[str, Any]) -> Connection:
    read = own.read("it", {"credential": {"api_key": KEY}, "model": "gpt-test", **document}, source="a test")
    return in_environment(read)
