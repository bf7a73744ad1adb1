"""The message, code and type in the JSON of an error.

These are the shapes that services use, and where each was read:

    {"error": {"message", "type", "param", "code"}}      OpenAI: package openai 3.54.0, _exceptions.py
    {"error": {"code", "message", "innererror": {...}}}  Azure OpenAI: api-evangelist/microsoft-azure, json-schema
    {"error": {"code": 401, "message", "type"}}          llama.cpp (integer code): package xllamacpp 2026.10.11549
    [{"error": {"code": 400, "message", "status"}}]      Gemini: https://github.com/FuzzAnything/PromptFuzz/issues/42
    {"error": "text"}                                    LM Studio: elastic/kibana, openai.test.ts; Ollama
    {"error": "name", "error_description": "text"}       OAuth: RFC 6749, 5.2
    {"object": "error", "message", "type", "code"}       vLLM: https://github.com/QwenLM/Qwen3/issues/241
    {"statusCode", "message"}                            Azure API Management: Microsoft's article KB 4464930
    {"detail": "text"}, {"detail": [{"loc", "msg"}]}     FastAPI: https://fastapi.tiangolo.com/tutorial/handling-errors/
    {"errors": [{"code", "message"}]}                    Cloudflare: api-evangelist/cloudflare-d1, json-schema
    {"title", "detail"}                                  problem documents: RFC 9457
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectory.wire.safe_text import safe_text

_NAME_LIMIT = 100
_SHOWN = 5
_OAUTH_NAME = re.compile(r"[a-z]+(_[a-z]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDetail:
    """What a service says of an error, safe to show; None where it says nothing."""

    message: str | None = None
    code: str | None = None
    type: str | None = None


def error_detail(document: object) -> ErrorDetail:
    """What the parsed body of an error says."""
    if isinstance(document, list):
        document = document[0] if document else None
    if isinstance(document, str):
        return ErrorDetail(message=_words(document))
    if not isinstance(document, dict):
        return ErrorDetail()
    around = _of_object(document)
    error = document.get("error")
    if not isinstance(error, dict):
        return around
    own = _of_object(error)
    return own if own.message else ErrorDetail(message=around.message, code=own.code, type=own.type)


def _of_object(facts: dict[str, object]) -> ErrorDetail:
    """An object with the facts in it: an `error`, or a body that has none."""
    error = _words(facts.get("error"))
    message = _first(
        _words(facts.get("error_description")),
        _words(facts.get("message")),
        error,
        _of_inner(facts.get("innererror")),
        _of_findings(facts.get("detail")),
        _of_findings(facts.get("errors")),
        _words(facts.get("title")),
    )
    code = _name(facts.get("code")) or (error if error and _OAUTH_NAME.fullmatch(error) else None)
    # A problem document's `type` is a URL, and the type of an event is "error": neither names the error.
    type = _name(facts.get("type")) if facts.get("message") and facts.get("type") != "error" else None
    return ErrorDetail(message=message, code=code, type=type)


def _of_inner(inner: object) -> str | None:
    return _words(inner.get("message")) if isinstance(inner, dict) else None


def _of_findings(findings: object) -> str | None:
    """A text, an object with a message, or a list of what was found wrong."""
    if not isinstance(findings, list):
        return _of_finding(findings)
    found = (_of_finding(finding) for finding in findings[:_SHOWN])
    return _words("; ".join(text for text in found if text))


def _of_finding(finding: object) -> str | None:
    """`body.model: Field required` for one entry of FastAPI's list, else a message or text."""
    if not isinstance(finding, dict):
        return _words(finding)
    error = finding.get("error")
    facts = error if isinstance(error, dict) else finding
    message = _first(_words(facts.get("msg")), _words(facts.get("message")), _words(error))
    place = finding.get("loc")
    if not message or not isinstance(place, list):
        return message
    steps = (_name(step) for step in place)
    return f"{'.'.join(step for step in steps if step)}: {message}"


def _words(value: object) -> str | None:
    return (safe_text(value) or None) if isinstance(value, str) else None


def _name(value: object) -> str | None:
    """A code or type as text; llama.cpp and Gemini send numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value.bit_length() < 64 else None
    return (safe_text(value, limit=_NAME_LIMIT) or None) if isinstance(value, str) else None


def _first(*values: str | None) -> str | None:
    return next((value for value in values if value), None)
