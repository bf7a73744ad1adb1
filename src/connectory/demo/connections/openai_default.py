"""An API key of OpenAI's, in Airflow's words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from string import Template

from connectory.demo.definition import HIDDEN, Definition
from connectory.demo.stage import Stage

_TEXT = Template("""\
{
  "conn_type": "openai",
  "host": "$url",
  "password": "$key",
  "extra": {"model": "$model", "openai_client_kwargs": {"timeout": 60}}
}
""")


@contextlib.contextmanager
def openai_default(stage: Stage) -> Iterator[Definition]:
    url, model = stage.service.url, stage.service.model
    key = stage.keys.openai.reveal()
    yield Definition(
        id="openai_default",
        embeddings_id="openai_embeddings",
        provider="OpenAI",
        dialect="Airflow's words",
        place="the variable AIRFLOW_CONN_OPENAI_DEFAULT",
        text=_TEXT.substitute(url=url, model=model, key=HIDDEN),
        model=model,
        environ={
            "AIRFLOW_CONN_OPENAI_DEFAULT": _TEXT.substitute(url=url, model=model, key=key),
            "AIRFLOW_CONN_OPENAI_EMBEDDINGS": _TEXT.substitute(url=f"{url}/embeddings", model=model, key=key),
        },
    )
