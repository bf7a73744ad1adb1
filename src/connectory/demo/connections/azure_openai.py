"""A deployment on Azure OpenAI, in Elastic's words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from string import Template

from connectory.demo.definition import ELASTICS, HIDDEN, Address, Definition
from connectory.demo.gates.azure import AzureGate
from connectory.demo.stage import Stage

_TEXT = Template("""\
  $id:
    name: $name
    actionTypeId: .gen-ai
    config:
      apiProvider: Azure OpenAI
      apiUrl: "$url/openai/deployments/$model\\
        /$operation?api-version=2024-10-21"
    secrets: {apiKey: "$key"}
""")

_CHAT = {"id": "azure-openai", "name": "Chat on Azure", "operation": "chat/completions"}
_EMBEDDINGS = {"id": "azure-embeddings", "name": "Embeddings on Azure", "operation": "embeddings"}


@contextlib.contextmanager
def azure_openai(stage: Stage) -> Iterator[Definition]:
    model, key = stage.service.model, stage.keys.azure
    with stage.front(AzureGate(model, key)) as front:
        place = {"url": front.origin, "model": model}
        texts = [_TEXT.substitute(place, key=key.reveal(), **names) for names in (_CHAT, _EMBEDDINGS)]
        yield Definition(
            id=_CHAT["id"],
            embeddings_id=_EMBEDDINGS["id"],
            provider="Azure OpenAI",
            dialect="Elastic's words",
            place="connectory.yml",
            text=ELASTICS + _TEXT.substitute(place, key=HIDDEN, **_CHAT),
            model=model,
            sections={ELASTICS: "".join(texts)},
            addresses=(Address(f"{front.origin}/openai", "the same, but speaks like Azure OpenAI"),),
        )
