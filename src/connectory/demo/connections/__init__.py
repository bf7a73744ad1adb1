"""The connections that the demo shows, in this order. A new one is a file here and a name in this list."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from connectory.demo.connections.azure_openai import azure_openai
from connectory.demo.connections.local_llm import local_llm
from connectory.demo.connections.mtls_llm import mtls_llm
from connectory.demo.connections.openai_default import openai_default
from connectory.demo.connections.openai_pod import openai_pod
from connectory.demo.definition import Definition
from connectory.demo.stage import Stage

CONNECTIONS: tuple[Callable[[Stage], AbstractContextManager[Definition]], ...] = (
    openai_default,
    azure_openai,
    local_llm,
    openai_pod,
    mtls_llm,
)
"""Each makes a definition, and keeps up what it leads to until it is left."""
