"""A service of one's own, in our own words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from string import Template

from connectory.demo.definition import OURS, Definition
from connectory.demo.stage import Stage

_TEXT = Template("""\
  $id:
    provider: other
    url: $url
    model: $model
    credential: {api_key: {env: LOCAL_LLM_KEY}}
""")


@contextlib.contextmanager
def local_llm(stage: Stage) -> Iterator[Definition]:
    url, model = stage.service.url, stage.service.model
    chat = _TEXT.substitute(id="local-llm", url=url, model=model)
    embeddings = _TEXT.substitute(id="local-embeddings", url=f"{url}/embeddings", model=model)
    yield Definition(
        id="local-llm",
        embeddings_id="local-embeddings",
        provider="Other",
        dialect="our own words",
        place="connectory.yml",
        text=OURS + chat,
        model=model,
        environ={"LOCAL_LLM_KEY": stage.keys.local.reveal()},
        sections={OURS: chat + embeddings},
    )
