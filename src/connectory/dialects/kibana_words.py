"""The words of Elastic's connector: its keys, what stands around them, and where they stand in our document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectory.dialects.flat_names import AUTH_TYPE
from connectory.dialects.kibana_pki import PKI
from connectory.dialects.plain_values import a_boolean, a_number
from connectory.provider import AZURE, OPENAI, OTHER, Provider

CONNECTOR_TYPE = ".gen-ai"

PROVIDERS: Mapping[str, Provider] = {"OpenAI": OPENAI, "Azure OpenAI": AZURE, "Other": OTHER}
CONFIG = {
    "apiUrl": "url",
    "defaultModel": "model",
    "headers": "headers",
    "organizationId": "credential.organization",
    "projectId": "credential.project",
}
"""Keys of `config` and where they stand in our document."""
ONLY_FOR = {
    "organizationId": "OpenAI",
    "projectId": "OpenAI",
    "enableNativeFunctionCalling": "Other",
}
CLIENT = "openai_client_kwargs"
API_KEY = "apiKey"
HIDDEN_HEADERS = "secretHeaders"
MODE = "verificationMode"
MODES = ("full", "certificate", "none")


def a_count(value: Any) -> float:
    """A number, spelled as Kibana does: a whole one without a point."""
    number = a_number(value)
    return int(number) if number.is_integer() else number


UNUSED: Mapping[str, Callable[[Any], Any]] = {
    "contextWindowLength": a_count,
    "temperature": a_count,
    "enableNativeFunctionCalling": a_boolean,
}
"""Keys of `config` by which no request changes: they are for Kibana's own assistants."""
EXPOSED = "exposeConfig"
"""A key of a preconfigured entry: whether Kibana's API shows its `config`."""
CONFIG_KEYS = ("apiProvider", *CONFIG, *UNUSED, MODE, AUTH_TYPE, CLIENT)
"""The last two are ours, as are the settings of the kind of credential that `auth_type` names."""
SECRETS = (API_KEY, HIDDEN_HEADERS, *PKI, CLIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What stands around `config` and `secrets`, which are the same everywhere.

    `type_key` names the connector's type. `also` are further keys, `ignored` those that say nothing of a connection;
    `dotted`: whether `config.apiUrl` may be one.
    """

    type_key: str
    also: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    dotted: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        return ("name", self.type_key, "config", "secrets", *self.also)


PRECONFIGURED = Envelope(type_key="actionTypeId", also=(EXPOSED,), dotted=True)
"""An entry of `xpack.actions.preconfigured`."""
