"""What a request carries: JSON or a form, read into one document."""

import json

from tests.upstream.messages import Document, Received
from tests.upstream.multipart import parse_form
from tests.upstream.openai_errors import Refused, no_json, openai_error, wrong_method


def read_body(request: Received) -> Document:
    """Raises Refused."""
    content_type = request.header("content-type") or ""
    if content_type.startswith("multipart/form-data"):
        try:
            return parse_form(content_type, request.body)
        except ValueError as error:
            raise Refused(openai_error(400, f"Could not parse multipart form: {error}.")) from error
    try:
        document = json.loads(request.body)
    except ValueError as error:
        raise Refused(no_json()) from error
    if not isinstance(document, dict):
        raise Refused(no_json())
    return document


def allow_only(request: Received, method: str) -> None:
    """Raises Refused."""
    if request.method != method:
        raise Refused(wrong_method(request))
