"""What stands in a task's log of a connection's secrets: nothing, however they are kept and spelled."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from connectory.airflow import OpenAIHook
from tests.integration.airflow.conftest import Known

redact = pytest.importorskip("airflow.sdk._shared.secrets_masker", reason="Airflow before 3.2").redact

PLANTED = "planted/0123456789+abcdef"


def hidden(text: str) -> bool:
    return PLANTED not in str(redact(f"said: {text}"))


@pytest.fixture(params=["itself", "variable", "file"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """The secret, or where it is kept."""
    (tmp_path / "key").write_text(PLANTED)
    monkeypatch.setenv("KEPT_ELSEWHERE", PLANTED)
    places = {"itself": PLANTED, "variable": {"env": "KEPT_ELSEWHERE"}, "file": {"file": str(tmp_path / "key")}}
    return places[request.param]


def test_secret_is_masked_from_the_moment_that_its_connection_is_read(knows: Known, kept: object) -> None:
    OpenAIHook(knows("https://llm.corp/v1", password=None, openai_client_kwargs={"api_key": kept})).connection()
    assert hidden(PLANTED)
    assert quote(PLANTED, safe="") not in str(redact(f"GET https://llm.corp/v1?key={quote(PLANTED, safe='')}"))
