"""A pod that proves itself by its own token, in Airflow's words: no key at all."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from string import Template

from connectory.demo.definition import Address, Definition
from connectory.demo.gates.issued_token import IssuedTokenGate
from connectory.demo.private_file import write_private
from connectory.demo.stage import Stage

_TEXT = Template("""\
{
  "conn_type": "openai",
  "host": "$url",
  "extra": {
    "auth_type": "workload_identity",
    "workload_identity_provider": "kubernetes",
    "token_file_path": $token_file,
    "identity_provider_id": "$identity_provider_id",
    "service_account_id": "$service_account_id",
    "model": "$model"
  }
}
""")

_HEADING = "connectory.workload_identity:\n"


@contextlib.contextmanager
def openai_pod(stage: Stage) -> Iterator[Definition]:
    exchange, model = stage.exchange, stage.service.model
    token_file = stage.folder / "token"
    write_private(token_file, exchange.workload.token.reveal())
    exchanged_at = f"  exchange_url: {exchange.url}\n"
    with stage.front(IssuedTokenGate(exchange)) as front:
        url = f"{front.origin}/v1"
        of_pod = {
            "model": model,
            "token_file": json.dumps(str(token_file)),
            "identity_provider_id": exchange.workload.identity_provider_id,
            "service_account_id": exchange.workload.service_account_id,
        }
        chat = _TEXT.substitute(of_pod, url=url)
        yield Definition(
            id="openai_pod",
            embeddings_id="pod_embeddings",
            provider="OpenAI",
            dialect="Airflow's words",
            place="the variable AIRFLOW_CONN_OPENAI_POD",
            text=chat,
            model=model,
            operator=_HEADING + exchanged_at,
            environ={
                "AIRFLOW_CONN_OPENAI_POD": chat,
                "AIRFLOW_CONN_POD_EMBEDDINGS": _TEXT.substitute(of_pod, url=f"{url}/embeddings"),
            },
            sections={_HEADING: exchanged_at},
            addresses=(
                Address(url, "the same, for tokens of the exchange alone"),
                Address(exchange.url, f"the exchange: tokens for {exchange.lifetime / 60:g} minutes"),
            ),
        )
