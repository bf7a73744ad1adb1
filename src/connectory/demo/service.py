"""What the demo's connections lead to: a running OpenAI-compatible service."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectory.demo.model_process import ModelProcess, NoModel
from connectory.demo.upstream import MODEL, Upstream
from connectory.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`url` ends in `/v1`; `model` answers chat and embeddings; `about` says what it is, and why this one."""

    url: str
    model: str
    about: str


@contextlib.contextmanager
def running_service(keys: Sequence[Secret], *, embedded: bool) -> Iterator[Service]:
    """A language model if one can be had, else (or if asked for) the embedded upstream. It takes any of `keys`."""
    with contextlib.ExitStack() as stack:
        if embedded:
            service = _embedded(stack, keys, "--embedded asks for it")
        else:
            try:
                service = _language_model(stack, keys)
            except NoModel as error:
                service = _embedded(stack, keys, str(error))
        yield service


def _language_model(stack: contextlib.ExitStack, keys: Sequence[Secret]) -> Service:
    process = stack.enter_context(ModelProcess(keys))
    return Service(
        url=f"{process.address}/v1",
        model=process.model,
        about="A real one, SmolLM2-135M in llama.cpp's server: its packages are installed",
    )


def _embedded(stack: contextlib.ExitStack, keys: Sequence[Secret], why: str) -> Service:
    upstream = stack.enter_context(Upstream(keys))
    return Service(url=f"{upstream.origin}/v1", model=MODEL, about=f"The embedded upstream, a parrot: {why}")
