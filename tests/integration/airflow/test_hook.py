"""The hook in a task: connections that Airflow knows, at a service on loopback."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest

from connectory.airflow import ConnectoryHook, OpenAIHook
from connectory.airflow.agents import Agents
from connectory.airflow.batches import Batches
from connectory.airflow.files import Files
from connectory.airflow.media import Media
from connectory.airflow.texts import Texts
from connectory.airflow.vector_stores import VectorStores
from connectory.errors import DocumentError
from tests.integration.airflow.conftest import Known
from tests.upstream import Upstream

CALLS = (Texts, Batches, Files, VectorStores, Agents, Media)


@pytest.fixture
def hook(knows: Known, service: Upstream) -> OpenAIHook:
    return OpenAIHook(knows(f"{service.url}/v1", openai_client_kwargs={"max_retries": 0}))


def test_chat_gives_its_choices(hook: OpenAIHook, service: Upstream) -> None:
    with hook:
        [choice] = hook.create_chat_completion([{"role": "user", "content": "Hello there"}], model="gpt-test")
    assert choice.message.content == "You said: Hello there"
    assert service.requests[-1].header("authorization") == "Bearer sk-test"


def test_twins_do_the_same(hook: OpenAIHook, service: Upstream) -> None:
    async def asked() -> list[Any]:
        messages = [{"role": "user", "content": "Hello there"}]
        alone = await hook.acreate_chat_completion(messages, model="gpt-test")
        async with hook:
            again = await hook.acreate_chat_completion(messages, model="gpt-test")
            vectors = await hook.acreate_embeddings(["one", "two"], model="text-embedding-3-small")
        return [alone[0].message.content, again[0].message.content, len(vectors)]

    assert asyncio.run(asked()) == ["You said: Hello there", "You said: Hello there", 2]


NO_TWIN = {"iterate_files", "iterate_batches", "wait_for_batch"}
"""As the docs say."""
FOR_OPERATORS = {"account_for_batch", "account_for_session", "cancel_quietly"}


def test_every_method_but_those_that_the_docs_name_has_a_twin() -> None:
    methods = {name for kind in OpenAIHook.__mro__ if kind in CALLS for name in vars(kind) if not name.startswith("_")}
    plain = {name for name in methods if inspect.isfunction(getattr(OpenAIHook, name))}
    assert {name for name in plain if not _is_twin(name) and f"a{name}" not in methods} == NO_TWIN | FOR_OPERATORS
    docs = (Path(__file__).parents[3] / "docs" / "airflow.md").read_text(encoding="utf-8")
    assert all(name in docs and name in str(OpenAIHook.__doc__) for name in NO_TWIN)


def _is_twin(name: str) -> bool:
    return inspect.iscoroutinefunction(getattr(OpenAIHook, name))


def test_embeddings_are_one_vector_for_one_text_and_many_for_many(hook: OpenAIHook) -> None:
    one = hook.create_embeddings("one", model="text-embedding-3-small")
    many = hook.create_embeddings(["one", "two"], model="text-embedding-3-small")
    assert isinstance(one[0], float)
    assert (len(many), many[0]) == (2, one)
    hook.close()


def test_models_are_listed(hook: OpenAIHook) -> None:
    assert "gpt-test" in [model.id for model in hook.get_models()]
    hook.close()


def test_test_is_the_doctors_verdict(hook: OpenAIHook) -> None:
    assert hook.test_connection() == (True, "Connection established: 9 models.")


def test_test_says_how_to_mend_what_is_wrong(knows: Known) -> None:
    works, told = OpenAIHook(knows("http://127.0.0.1:1/v1")).test_connection()
    assert works is False
    assert told.startswith("tcp: http://127.0.0.1:1 could not be reached: connection refused. To mend it: nobody")


def test_test_speaks_of_the_fields_that_airflow_has(knows: Known) -> None:
    _, refused = OpenAIHook(knows("http://127.0.0.1:1/v1")).test_connection()
    assert "check the port in `host`" in refused
    _, no_proxy = OpenAIHook(knows(proxy="http://127.0.0.1:1")).test_connection()
    assert "host and port of the proxy in `extra.proxy`" in no_proxy
    _, no_key = OpenAIHook(knows(password=None)).test_connection()
    assert no_key.endswith("To mend it: mend the connection at `password`.")


def test_test_of_a_connection_that_nobody_knows_says_so() -> None:
    works, told = OpenAIHook("nobody_knows").test_connection()
    assert works is False
    assert "nobody_knows" in told
    assert "isn't defined" in told


@pytest.mark.parametrize("nothing", [None, "", 5])
def test_hook_without_an_id_says_so(nothing: Any) -> None:
    with pytest.raises(ValueError, match="'conn_id' must be the id of a connection, got"):
        OpenAIHook(nothing)


def test_wrong_connection_names_the_fields_that_airflow_has(knows: Known) -> None:
    with pytest.raises(DocumentError) as caught:
        OpenAIHook(knows("http://127.0.0.1:1/v1", password=None)).get_conn()
    assert "password" in str(caught.value)


def test_both_types_have_a_hook() -> None:
    assert (OpenAIHook.conn_type, ConnectoryHook.conn_type) == ("openai", "connectory")
    assert (OpenAIHook().conn_id, OpenAIHook.conn_name_attr) == ("openai_default", "conn_id")


def test_rules_of_the_network_hold_here_too(knows: Known, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "connectory.yml").write_text("xpack.actions.allowedHosts: [api.openai.com]\n")
    monkeypatch.setenv("CONNECTORY_CONFIG", str(tmp_path / "connectory.yml"))
    works, told = OpenAIHook(knows("http://127.0.0.1:1/v1")).test_connection()
    assert (works, "add `127.0.0.1` to `xpack.actions.allowedHosts`" in told) == (False, True)


def test_blocks_of_several_tasks_share_one_client(knows: Known, service: Upstream) -> None:
    hook = OpenAIHook(knows(f"{service.url}/v1"))

    async def asked() -> int:
        async with hook:
            return len(await hook.aget_models())

    async def many() -> list[int]:
        async with hook:
            first = await asyncio.gather(*(asked() for _ in range(4)))
            return [*first, len(await hook.aget_models())]

    assert len(set(asyncio.run(many()))) == 1
    assert hook._aclient is None
