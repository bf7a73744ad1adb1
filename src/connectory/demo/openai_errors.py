"""Errors in OpenAI's shape.

Source: https://developers.openai.com/api/docs/guides/error-codes
"""

from __future__ import annotations

from connectory.demo.loopback import Refused


def refused(status: int, message: str, *, param: str | None = None, code: str | None = None) -> Refused:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return Refused(status, {"error": {"message": message, "type": kind, "param": param, "code": code}})
