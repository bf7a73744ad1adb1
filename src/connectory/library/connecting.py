"""`connect` and `aconnect`: a connection by id becomes a ready SDK client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectory.catalog import found
from connectory.connection import Connection
from connectory.dialects.airflow import DEFAULT_ID
from connectory.engine.clients import async_client, client

if TYPE_CHECKING:
    import openai


def connect(id: str | Connection = DEFAULT_ID, *, space: str = "default", **overrides: Any) -> openai.OpenAI:
    """A ready `openai.OpenAI` client (`openai.AzureOpenAI` for Azure's classic URLs).

    `overrides` are arguments of the SDK's own constructor and win over the connection's. Close the client when done,
    or use it in a `with`. Raises ConnectionNotFound, DocumentError, SecretUnavailable, CallerError.
    """
    return client(found(id, space=space), overrides)


def aconnect(id: str | Connection = DEFAULT_ID, *, space: str = "default", **overrides: Any) -> openai.AsyncOpenAI:
    """A ready `openai.AsyncOpenAI` client; everything else as `connect`."""
    return async_client(found(id, space=space), overrides)
