"""Reads multipart/form-data (RFC 7578) as OpenAI's clients send it: text fields, and files with their names."""

import re
from dataclasses import dataclass

from tests.upstream.messages import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file of a form."""

    filename: str
    content: bytes


def parse_form(content_type: str, body: bytes) -> Document:
    """The fields by name, text as `str` and files as Upload. Raises ValueError when it is no such form."""
    match = re.search(r'boundary="?([^";]+)"?', content_type)
    if match is None:
        raise ValueError("the content type names no boundary")
    delimiter = b"--" + match[1].encode("latin-1")
    start, *parts, end = (b"\r\n" + body).split(b"\r\n" + delimiter)
    if start or not end.startswith(b"--"):
        raise ValueError("the form does not begin or end with its boundary")
    return dict(_field(part) for part in parts)


def _field(part: bytes) -> tuple[str, str | Upload]:
    head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    disposition = head.decode("utf-8")
    name = re.search(r'[; ]name="([^"]*)"', disposition)
    if name is None:
        raise ValueError("a part of the form has no name")
    filename = re.search(r'filename="([^"]*)"', disposition)
    if filename is None:
        return name[1], content.decode("utf-8")
    return name[1], Upload(filename=filename[1], content=content)
