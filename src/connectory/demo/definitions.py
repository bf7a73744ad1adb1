"""The demo's connections, each written as a visitor would: in Airflow's words, in Elastic's and in our own."""

from __future__ import annotations

import os
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from connectory.demo.service import Service
from connectory.secret import Secret

_AIRFLOW = Template("""\
{
  "conn_type": "openai",
  "host": "$url",
  "password": "$key",
  "extra": {"model": "$model", "openai_client_kwargs": {"timeout": 60}}
}
""")

_ELASTICS_KEY = "xpack.actions.preconfigured:\n"
_ELASTICS = Template("""\
  $id:
    name: $name
    actionTypeId: .gen-ai
    config:
      apiProvider: Azure OpenAI
      apiUrl: "$url/openai/deployments/$model\\
        /$operation?api-version=2024-10-21"
    secrets: {apiKey: "$key"}
""")

_OUR_KEY = "connectory.connections:\n"
_OURS = Template("""\
  $id:
    provider: other
    url: $url
    model: $model
    credential: {api_key: {env: LOCAL_LLM_KEY}}
""")

_HIDDEN = "***"


def _new_key() -> Secret:
    return Secret(f"sk-{secrets.token_urlsafe(24)}")


@dataclass(frozen=True, slots=True)
class Keys:
    """One for each connection, and the one that the Azure front has for the service; new in every run."""

    openai: Secret = field(default_factory=_new_key)
    azure: Secret = field(default_factory=_new_key)
    local: Secret = field(default_factory=_new_key)
    front: Secret = field(default_factory=_new_key)

    @property
    def of_service(self) -> list[Secret]:
        return [self.openai, self.local, self.front]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One connection: `text` is how it is written, less its key, and `place` where.

    `embeddings_id` is the same once more with a URL that ends in `/embeddings`: the shell posts to one URL.
    """

    id: str
    embeddings_id: str
    provider: str
    dialect: str
    place: str
    text: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """All connections, the variables through which a program finds them, and a file that exports these."""

    connections: tuple[Definition, ...]
    environ: Mapping[str, str]
    exports: Path


def write_definitions(folder: Path, service: Service, azure: str, keys: Keys) -> Definitions:
    """Write everything into `folder`. `azure` is the origin of the Azure front."""
    to_service = {"url": service.url, "model": service.model}
    to_azure = {"url": azure, "model": service.model}
    file = folder / "connectory.yml"
    _write(file, _file(to_azure, to_service, keys.azure.reveal()))
    environ = {
        "CONNECTORY_HOME": str(folder),
        "CONNECTORY_CONFIG": str(file),
        "AIRFLOW_CONN_OPENAI_DEFAULT": _AIRFLOW.substitute(to_service, key=keys.openai.reveal()),
        "AIRFLOW_CONN_OPENAI_EMBEDDINGS": _AIRFLOW.substitute(
            to_service, key=keys.openai.reveal(), url=f"{service.url}/embeddings"
        ),
        "LOCAL_LLM_KEY": keys.local.reveal(),
    }
    exports = folder / "exports"
    _write(exports, "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environ.items()))
    return Definitions(connections=_connections(to_azure, to_service), environ=environ, exports=exports)


def _connections(to_azure: Mapping[str, str], to_service: Mapping[str, str]) -> tuple[Definition, ...]:
    return (
        Definition(
            id="openai_default",
            embeddings_id="openai_embeddings",
            provider="OpenAI",
            dialect="Airflow's words",
            place="the variable AIRFLOW_CONN_OPENAI_DEFAULT",
            text=_AIRFLOW.substitute(to_service, key=_HIDDEN),
            model=to_service["model"],
        ),
        Definition(
            id="azure-openai",
            embeddings_id="azure-embeddings",
            provider="Azure OpenAI",
            dialect="Elastic's words",
            place="connectory.yml",
            text=_ELASTICS_KEY + _elastics_chat(to_azure, _HIDDEN),
            model=to_azure["model"],
        ),
        Definition(
            id="local-llm",
            embeddings_id="local-embeddings",
            provider="Other",
            dialect="our own words",
            place="connectory.yml",
            text=_OUR_KEY + _OURS.substitute(to_service, id="local-llm"),
            model=to_service["model"],
        ),
    )


def _file(to_azure: Mapping[str, str], to_service: Mapping[str, str], azure_key: str) -> str:
    return (
        _ELASTICS_KEY
        + _elastics_chat(to_azure, azure_key)
        + _ELASTICS.substitute(
            to_azure, id="azure-embeddings", name="Embeddings on Azure", operation="embeddings", key=azure_key
        )
        + "\n"
        + _OUR_KEY
        + _OURS.substitute(to_service, id="local-llm")
        + _OURS.substitute({**to_service, "url": f"{to_service['url']}/embeddings"}, id="local-embeddings")
    )


def _elastics_chat(to_azure: Mapping[str, str], key: str) -> str:
    return _ELASTICS.substitute(
        to_azure, id="azure-openai", name="Chat on Azure", operation="chat/completions", key=key
    )


def _write(path: Path, text: str) -> None:
    """A file that nobody else may read: it holds keys."""
    with open(path, "x", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
