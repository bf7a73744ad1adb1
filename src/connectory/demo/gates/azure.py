"""Azure OpenAI's classic API: an `api-key`, and a deployment in the path.

Source: https://learn.microsoft.com/en-us/azure/foundry/openai/reference
"""

from __future__ import annotations

import dataclasses
import hmac
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectory.demo.gate import Asked, Gate
from connectory.demo.loopback import Refused
from connectory.secret import Secret

_DENIED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)
_NO_DEPLOYMENT = (
    "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
    "please wait a moment and try again."
)
_OPERATION = re.compile(r"/openai/deployments/(?P<deployment>[^/]+)/(?P<operation>chat/completions|embeddings)")


class AzureGate(Gate):
    """`key` opens it. There is one deployment, with the name of the service's `model`."""

    def __init__(self, model: str, key: Secret) -> None:
        self._model = model
        self._key = key

    def admit(self, asked: Asked) -> None:
        given = asked.headers.get("api-key") or ""
        if not hmac.compare_digest(given.encode(), self._key.reveal().encode()):
            raise _refused(401, "401", _DENIED)

    def understood(self, asked: Asked) -> Asked:
        """The deployment is the model, whatever a body says."""
        parts = urlsplit(asked.target)
        found = _OPERATION.fullmatch(parts.path)
        if "api-version" not in parse_qs(parts.query):
            raise _refused(404, "404", "Resource not found")
        if asked.method == "GET" and parts.path == "/openai/models":
            return dataclasses.replace(asked, target="/models", body=b"")
        if asked.method != "POST" or found is None:
            raise _refused(404, "404", "Resource not found")
        if found["deployment"] != self._model:
            raise _refused(404, "DeploymentNotFound", _NO_DEPLOYMENT)
        return dataclasses.replace(asked, target=f"/{found['operation']}", body=_with_model(asked.body, self._model))

    def unavailable(self) -> Refused:
        return _refused(503, "503", "Service temporarily unavailable")


def _refused(status: int, code: str, message: str) -> Refused:
    """An error of Azure's own gateway."""
    return Refused(status, {"error": {"code": code, "message": message}})


def _with_model(body: bytes, model: str) -> bytes:
    """The body with the model in it; one that is no JSON object is left for the service to judge."""
    try:
        request: Any = json.loads(body)
    except (ValueError, RecursionError):
        return body
    return json.dumps({**request, "model": model}).encode() if isinstance(request, dict) else body
