"""The error that a service answered with, or that is hidden in an answer or a stream that began well.

Whatever a service sends, its words are made safe to show (see safe_text.py) before they are put into an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from connectory.errors import CredentialRefused, InvalidAnswer, ServiceError
from connectory.wire.error_details import ErrorDetail, error_detail
from connectory.wire.headers import header
from connectory.wire.reason_phrases import reason_phrase
from connectory.wire.safe_text import safe_text
from connectory.wire.web_pages import is_web_page, page_text

_NO_JSON: object = object()


def service_error(status: int, headers: Mapping[str, str], body: bytes) -> ServiceError:
    """The error of an answer with this status; CredentialRefused for 401 and 403."""
    detail = _detail(status, header(headers, "content-type") or "", body)
    kind = CredentialRefused if status in (401, 403) else ServiceError
    message = detail.message or reason_phrase(status) or "it gave no reason"
    return kind(message, status=status, error_code=detail.code, error_type=detail.type)


def answer_problem(status: int, content_type: str | None, body: bytes) -> InvalidAnswer | None:
    """What is wrong with an answer of 2xx where JSON was promised; None when it is JSON, whatever it calls itself."""
    if not body.strip():
        return InvalidAnswer("an empty body where JSON was promised", status=status)
    try:
        json.loads(body)
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at character {error.pos}"
    except ValueError:
        reason = "a number in it is too long"
    except RecursionError:
        reason = "it is nested too deeply"
    else:
        return None
    return InvalidAnswer(_in_place_of_json(content_type or "", body, reason), status=status)


def stream_error(data: str) -> ServiceError | None:
    """The error that an event's data holds: `{"error": ...}`, or an event `error` or `response.failed` of Responses."""
    if '"error"' not in data and '"response.failed"' not in data:
        return None
    event = _parsed(data)
    if not isinstance(event, dict):
        return None
    if event.get("type") == "response.failed":
        detail = error_detail(event.get("response"))
    elif event.get("error") or "error" in (event.get("type"), event.get("object")):
        detail = error_detail(event)
    else:
        return None
    message = detail.message or "The stream ended in an error without a message."
    return ServiceError(message, error_code=detail.code, error_type=detail.type)


def _detail(status: int, content_type: str, body: bytes) -> ErrorDetail:
    text = body.decode("utf-8-sig", "replace")
    document = _parsed(text)
    if document is not _NO_JSON:
        detail = error_detail(document)
        if detail.message or not document:
            return detail
        # JSON without any word that we know: better shown as it is than not at all.
        return ErrorDetail(message=_without_status(status, safe_text(text)), code=detail.code)
    if "html" in content_type.lower() or is_web_page(text):
        return ErrorDetail(message=_without_status(status, safe_text(page_text(text))))
    # Bytes that are no text say nothing to people.
    return ErrorDetail() if "\x00" in text else ErrorDetail(message=_without_status(status, safe_text(text)))


def _without_status(status: int, text: str) -> str:
    """`Bad Gateway` for nginx's `502 Bad Gateway`: the error says the status itself."""
    return re.sub(rf"^{status}\b[\s:.-]*", "", text)


def _in_place_of_json(content_type: str, body: bytes, reason: str) -> str:
    text = body.decode("utf-8-sig", "replace")
    if "html" in content_type.lower() or is_web_page(text):
        words = safe_text(page_text(text), limit=200)
        return f"a web page where JSON was promised ({words})" if words else "a web page where JSON was promised"
    if "event-stream" in content_type.lower() or text.startswith(("data:", "event:")):
        return "a stream of events where one JSON answer was promised"
    return f"a body that is no valid JSON ({reason})"


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NO_JSON
