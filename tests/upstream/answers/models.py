"""The models that a service has, listed and told one by one."""

from collections.abc import Iterable

from tests.upstream.answers import CREATED
from tests.upstream.messages import Document

# One for each kind of endpoint, under names that are in use, and one that is plainly ours.
MODELS = (
    "gpt-test",
    "gpt-4.1",
    "gpt-6-sol",
    "gpt-3.5-turbo-instruct",
    "text-embedding-3-small",
    "gpt-image-1",
    "gpt-4o-transcribe",
    "whisper-1",
    "omni-moderation-latest",
)


def model(name: str) -> Document:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "openai"}


def listing(names: Iterable[str]) -> Document:
    return {"object": "list", "data": [model(name) for name in names]}
