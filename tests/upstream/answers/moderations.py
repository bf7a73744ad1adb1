"""Moderations: a text that has the word `violence` is flagged for it, any other is harmless."""

from tests.upstream.answers.tokens import identifier, text_of
from tests.upstream.messages import Document

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)


def moderation(body: Document) -> Document:
    given = body["input"]
    # A list is one text each, or the parts of one multi-modal input.
    texts = given if isinstance(given, list) and all(isinstance(each, str) for each in given) else [text_of(given)]
    return {
        "id": identifier("modr-", body),
        "model": body["model"],
        "results": [_result("violence" in text.split()) for text in texts],
    }


def _result(violent: bool) -> Document:
    found = {name: violent and name == "violence" for name in CATEGORIES}
    return {
        "flagged": violent,
        "categories": found,
        "category_scores": {name: 0.99 if is_found else 0.01 for name, is_found in found.items()},
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
    }
