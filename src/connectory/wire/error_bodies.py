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
_ORIGIN = re.compile(r"https?://[^/?#\s]+", re.IGNORECASE)


def service_error(status: int, headers: Mapping[str, str], body: bytes) -> ServiceError:
    """The error of an answer with this status; CredentialRefused for 401 and 403."""
    detail = _detail(status, header(headers, "content-type") or "", body)
    kind = CredentialRefused if status in (401, 403) else ServiceError
    message = detail.message or reason_phrase(status) or "it gave no reason"
    if place := redirect_target(status, headers):
        message += f" - redirects are not followed (to {place})"
    return kind(message, status=status, error_code=detail.code, error_type=detail.type)


def redirect_target(status: int, headers: Mapping[str, str]) -> str | None:
    """The origin that an answer of 3xx points at; `this host` where it names none."""
    location = header(headers, "location") if 300 <= status < 400 else None
    origin = location and _ORIGIN.match(location)
    return (safe_text(origin[0]) if origin else "this host") if location else None


def answer_problem(status: int, content_type: str | None, body: bytes) -> ServiceError | None:
    """What is wrong with an answer of 2xx where JSON was promised; None when it is JSON, whatever it calls itself."""
    if not body.strip():
        return InvalidAnswer("an empty body where JSON was promised", status=status)
    try:
        document = json.loads(body)
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at character {error.pos}"
    except ValueError:
        reason = "a number in it is too long"
    except RecursionError:
        reason = "it is nested too deeply"
    else:
        return hidden_error(document, status=status)
    return InvalidAnswer(_in_place_of_json(content_type or "", body, reason), status=status)


def hidden_error(document: object, *, status: int | None = None) -> ServiceError | None:
    """The error that a parsed answer of 2xx, or an event, holds: `{"error": ...}`, or one that says it is an error."""
    if not isinstance(document, dict):
        return None
    if document.get("type") == "response.failed":
        detail = error_detail(document.get("response"))
    elif document.get("error") or "error" in (document.get("type"), document.get("object")):
        detail = error_detail(document)
    else:
        return None
    message = detail.message or "an error without a message"
    return ServiceError(message, status=status, error_code=detail.code, error_type=detail.type)


def stream_error(data: str) -> ServiceError | None:
    """The error that an event's data holds; data that cannot hold one is not parsed."""
    return hidden_error(_parsed(data)) if '"error"' in data or '"response.failed"' in data else None


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
