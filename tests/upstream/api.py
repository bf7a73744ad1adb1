"""What lies under a service's base path once the caller is known: endpoints, models, files, and faults in all of it."""

import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.upstream.answers import models
from tests.upstream.bodies import allow_only, read_body
from tests.upstream.endpoints import Endpoint
from tests.upstream.faults import Faults
from tests.upstream.files import Files
from tests.upstream.messages import Answer, Received, json_answer
from tests.upstream.openai_errors import Refused, missing_model


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    """In what two flavours differ under the same paths."""

    endpoints: Mapping[str, Endpoint]
    refusal: Callable[[int], Answer]
    unknown_model: Callable[[str], Answer]
    unknown_path: Callable[[Received], Answer]


class Api:
    """Answers requests by their path under the base path. Raises Refused.

    `names` are the models that a request may name, with the name that the answer tells. `fault` is the fault of
    every request that names none itself: the only way to have one in a list of models, say.
    """

    def __init__(self, *, flavour: Flavour, names: Mapping[str, str], fault: str | None) -> None:
        self._flavour = flavour
        self._names = names
        self._faults = Faults(flavour.refusal)
        self._files = Files()
        if fault is not None and fault not in self._faults:
            raise ValueError(f"there is no fault {fault}")
        self._fault = fault

    def answer(self, request: Received, path: str, *, deployment: str | None = None) -> Answer:
        """`deployment` is the model when the URL names it; then the body's own does not count."""
        endpoint = self._flavour.endpoints.get(path)
        if endpoint is not None:
            return self._ask(endpoint, request, deployment)
        kind, _, rest = path.partition("/")
        if kind == "models":
            return self._models(request, urllib.parse.unquote(rest))
        if kind == "files":
            return self._with_fault(None, self._files.answer(request, rest))
        raise Refused(self._flavour.unknown_path(request))

    def _ask(self, endpoint: Endpoint, request: Received, deployment: str | None) -> Answer:
        allow_only(request, "POST")
        body = read_body(request)
        name = deployment or body.get("model") or endpoint.default_model
        if not name:
            raise Refused(missing_model())
        return self._with_fault(name, endpoint.answer({**body, "model": self._known(name)}))

    def _models(self, request: Received, name: str) -> Answer:
        allow_only(request, "GET")
        if not name:
            return self._with_fault(None, json_answer(models.listing(self._names)))
        self._known(name)
        return self._with_fault(name, json_answer(models.model(name)))

    def _known(self, name: str) -> str:
        """The name to tell for a model that there is; the name of a fault is a model too."""
        if name in self._names:
            return self._names[name]
        if name in self._faults:
            return name
        raise Refused(self._flavour.unknown_model(name))

    def _with_fault(self, name: str | None, answer: Answer) -> Answer:
        fault = name if name in self._faults else self._fault
        return answer if fault is None else self._faults.applied(fault, answer)
