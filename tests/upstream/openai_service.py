"""The OpenAI-compatible flavour: everything under `/v1`, a bearer key, the model in the body."""

import dataclasses
import itertools
from collections.abc import Collection

from tests.upstream import openai_errors
from tests.upstream.answers.models import MODELS
from tests.upstream.api import Api, Flavour
from tests.upstream.endpoints import ENDPOINTS
from tests.upstream.messages import Answer, Received
from tests.upstream.openai_errors import Refused, openai_error

FLAVOUR = Flavour(
    endpoints=ENDPOINTS,
    refusal=openai_errors.refusal,
    unknown_model=openai_errors.unknown_model,
    unknown_path=openai_errors.unknown_path,
)


class OpenAIService:
    """An app for `running`: `OpenAIService(keys={"sk-test"})`.

    `keys` is looked into at each request, so a test that keeps the set can add and revoke keys and tokens.
    `fault` (see `faults.py`) applies to every request that does not name one as its model.
    """

    def __init__(self, *, keys: Collection[str], models: Collection[str] = MODELS, fault: str | None = None) -> None:
        self._keys = keys
        self._api = Api(flavour=FLAVOUR, names={name: name for name in models}, fault=fault)
        self._numbers = itertools.count(1)

    async def __call__(self, request: Received) -> Answer:
        try:
            answer = self._answer(request)
        except Refused as refused:
            answer = refused.answer
        stamp = (
            ("openai-version", "2020-10-01"),
            ("openai-processing-ms", "1"),
            ("x-request-id", f"req_{next(self._numbers):032x}"),
        )
        return dataclasses.replace(answer, headers=(*answer.headers, *stamp))

    def _answer(self, request: Received) -> Answer:
        if not request.path.startswith("/v1/"):
            raise Refused(openai_errors.unknown_path(request))
        self._authenticate(request)
        return self._api.answer(request, request.path.removeprefix("/v1/"))

    def _authenticate(self, request: Received) -> None:
        values = request.values("authorization")
        if len(values) > 1:
            # Which one would count is not for a client to guess.
            raise Refused(openai_error(400, "Duplicate header: 'authorization'."))
        scheme, _, key = (values[0] if values else "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Refused(openai_errors.without_key())
        if key not in self._keys:
            raise Refused(openai_errors.wrong_key(key))
