"""The Azure flavour: an `api-key` header, the deployment in the path or, under `/openai/v1`, in the body.

* classic: `/openai/deployments/{deployment}/{endpoint}?api-version=...` and `/openai/{models,files,responses}?...`
* v1: `/openai/v1/...`, where the model is the deployment and api-version may be left out

Read of https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle.
"""

import dataclasses
import itertools
import urllib.parse
from collections.abc import Collection, Mapping

from tests.upstream import azure_errors
from tests.upstream.answers.models import MODELS
from tests.upstream.api import Api, Flavour
from tests.upstream.azure_filters import AZURE_ENDPOINTS
from tests.upstream.messages import Answer, Received
from tests.upstream.openai_errors import Refused

FLAVOUR = Flavour(
    endpoints=AZURE_ENDPOINTS,
    refusal=azure_errors.refusal,
    unknown_model=azure_errors.unknown_deployment,
    unknown_path=azure_errors.unknown_path,
)
# What a classic path says behind the deployment; everything else is asked for without one.
OF_DEPLOYMENTS = {
    "chat/completions",
    "completions",
    "embeddings",
    "images/generations",
    "audio/transcriptions",
    "audio/translations",
}


class AzureService:
    """An app for `running`: `AzureService(keys={"azure-key"})`.

    `Authorization: Bearer` is accepted for `tokens` only, as if they came from Entra. Both collections are looked into
    at each request. `deployments` maps each deployment to the model that its answers tell.
    """

    def __init__(
        self,
        *,
        keys: Collection[str],
        tokens: Collection[str] = (),
        deployments: Mapping[str, str] | None = None,
        fault: str | None = None,
    ) -> None:
        self._keys = keys
        self._tokens = tokens
        names = {name: name for name in MODELS} if deployments is None else deployments
        self._api = Api(flavour=FLAVOUR, names=names, fault=fault)
        self._numbers = itertools.count(1)

    async def __call__(self, request: Received) -> Answer:
        try:
            answer = self._answer(request)
        except Refused as refused:
            answer = refused.answer
        number = next(self._numbers)
        stamp = (
            ("apim-request-id", f"00000000-0000-4000-8000-{number:012x}"),
            ("x-ms-region", "Sweden Central"),
            ("x-request-id", f"00000000-0000-4000-9000-{number:012x}"),
        )
        return dataclasses.replace(answer, headers=(*answer.headers, *stamp))

    def _answer(self, request: Received) -> Answer:
        self._authenticate(request)
        if not request.path.startswith("/openai/"):
            raise Refused(azure_errors.unknown_path(request))
        path = request.path.removeprefix("/openai/")
        if path.startswith("v1/"):
            return self._api.answer(request, path.removeprefix("v1/"))
        if not dict(urllib.parse.parse_qsl(request.query)).get("api-version"):
            raise Refused(azure_errors.unknown_path(request))
        return self._classic(request, path)

    def _classic(self, request: Received, path: str) -> Answer:
        kind, _, rest = path.partition("/")
        deployment, _, endpoint = rest.partition("/")
        if kind != "deployments" and path not in OF_DEPLOYMENTS:
            return self._api.answer(request, path)
        if kind == "deployments" and endpoint in OF_DEPLOYMENTS:
            return self._api.answer(request, endpoint, deployment=urllib.parse.unquote(deployment))
        raise Refused(azure_errors.unknown_path(request))

    def _authenticate(self, request: Received) -> None:
        scheme, _, token = (request.header("authorization") or "").partition(" ")
        by_token = scheme.lower() == "bearer" and token in self._tokens
        if not by_token and request.header("api-key") not in self._keys:
            raise Refused(azure_errors.refusal(401))
