"""The hosts of OpenAI and of Azure that everybody may reach."""

from __future__ import annotations

OPENAI_HOST = "api.openai.com"
"""OpenAI's own host; those of its regions and of certificates end in it (`eu.api...`, `mtls.api...`)."""

AZURE_HOSTS = ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com")
"""Hosts of Azure OpenAI's resources end in these."""

_EXCHANGES = ("auth.openai.com", "login.microsoftonline.com")
"""Where tokens come from; hosts of OpenAI's for certificates end in the first (`mtls.auth...`)."""


def is_public_host(host: str) -> bool:
    """Whether a name is OpenAI's or Azure's."""
    return any(f".{host}".endswith(f".{name}") for name in (OPENAI_HOST, *AZURE_HOSTS, *_EXCHANGES))
