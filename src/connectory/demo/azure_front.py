"""Azure OpenAI's classic API in front of an OpenAI-compatible service: the same model, asked in Azure's way.

Source: https://learn.microsoft.com/en-us/azure/foundry/openai/reference
"""

from __future__ import annotations

import contextlib
import hmac
import http.client
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectory.demo.loopback import LoopbackHandler, LoopbackServer, Refused
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
_PATIENCE = 120.0
"""Seconds that the service may say nothing."""


class AzureFront(LoopbackServer):
    """`key` opens it. Behind it is the service at `url` (which ends in `/v1`), which `url_key` opens.

    It has one deployment, with the name of the service's `model`.
    """

    def __init__(self, url: str, model: str, *, url_key: Secret, key: Secret) -> None:
        super().__init__(_Request)
        self.url = url
        self.model = model
        self.url_key = url_key
        self.key = key


class _Request(LoopbackHandler):
    server: AzureFront

    def handled(self, body: bytes) -> None:
        self._authenticate()
        path, body = self._operation(body)
        with contextlib.closing(self._open()) as upstream:
            response = self._asked(upstream, path, body)
            try:
                self._relay(response)
            except (http.client.HTTPException, TimeoutError) as error:  # it has broken off, and so does this answer
                raise ConnectionAbortedError from error

    def _authenticate(self) -> None:
        given = self.headers.get("api-key") or ""
        if not hmac.compare_digest(given.encode(), self.server.key.reveal().encode()):
            raise _refused(401, "401", _DENIED)

    def _operation(self, body: bytes) -> tuple[str, bytes]:
        """The service's path, and its body. The deployment is the model, whatever a body says."""
        parts = urlsplit(self.path)
        found = _OPERATION.fullmatch(parts.path)
        if "api-version" not in parse_qs(parts.query):
            raise _refused(404, "404", "Resource not found")
        if self.command == "GET" and parts.path == "/openai/models":
            return "/models", b""
        if self.command != "POST" or found is None:
            raise _refused(404, "404", "Resource not found")
        if found["deployment"] != self.server.model:
            raise _refused(404, "DeploymentNotFound", _NO_DEPLOYMENT)
        return f"/{found['operation']}", _with_model(body, self.server.model)

    def _open(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=_PATIENCE)

    def _asked(self, upstream: http.client.HTTPConnection, path: str, body: bytes) -> http.client.HTTPResponse:
        headers = {"Authorization": f"Bearer {self.server.url_key.reveal()}", "Content-Type": "application/json"}
        try:
            upstream.request(self.command, urlsplit(self.server.url).path + path, body or None, headers)
            return upstream.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise _refused(503, "503", "Service temporarily unavailable") from error

    def _relay(self, response: http.client.HTTPResponse) -> None:
        """The service's answer as it came. A fault of a body looks the same at Azure and at OpenAI."""
        content_type = response.headers.get("Content-Type", "application/json")
        if response.length is None:
            self.stream(response.status, content_type, _pieces(response))
        else:
            self.answer(response.status, content_type, response.read())


def _refused(status: int, code: str, message: str) -> Refused:
    """An error of Azure's own gateway."""
    return Refused(status, {"error": {"code": code, "message": message}})


def _pieces(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """What has come, as soon as it comes."""
    while piece := response.read1():
        yield piece


def _with_model(body: bytes, model: str) -> bytes:
    """The body with the model in it; one that is no JSON object is left for the service to judge."""
    try:
        request: Any = json.loads(body)
    except (ValueError, RecursionError):
        return body
    return json.dumps({**request, "model": model}).encode() if isinstance(request, dict) else body
