"""Apache's provider by its own names: what of a connection Airflow hides in a task's log and in its form.

That is Airflow's doing, by the names of keys, at the moment in which the hook reads the connection.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.airflow.names import IS_AS_RECORDED

if not IS_AS_RECORDED:
    pytest.skip("recorded with Airflow 3.3", allow_module_level=True)

from airflow.sdk._shared.secrets_masker import reset_secrets_masker
from airflow.sdk.log import mask_logs, redact  # type: ignore[attr-defined]

from connectory.airflow.compat.hooks.openai import OpenAIHook
from connectory.errors import DocumentError
from tests.integration.airflow.recorded import ID, cases


@cases("mask")
def test_secrets_are_hidden_as_recorded(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reset_secrets_masker()  # a task begins with no secrets
    extra = case["given"]["extra"]
    monkeypatch.setenv("CONNECTORY_HOME", str(tmp_path))
    monkeypatch.setenv(
        f"AIRFLOW_CONN_{ID.upper()}", json.dumps({"conn_type": "openai", "password": "sk-other", "extra": extra})
    )
    with contextlib.suppress(DocumentError):  # of a connection that makes no client the secrets are hidden too
        OpenAIHook(ID).get_conn().close()
    line = mask_logs(None, "info", {"event": case["given"]["line"]})["event"]
    assert {"log_line": line, "ui_extra": redact(extra)} == case["expect"]
