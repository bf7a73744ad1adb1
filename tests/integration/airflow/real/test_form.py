"""Airflow's own form for connections, in a browser: what it shows, what it stores, and whether that works."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.airflow.real.conftest import Here

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright (dependency group `airflow-long`) is missing"
)
CHROMIUM = shutil.which("chromium")
KEY = "sk-of-the-form-0123456789"
LABELS = {"openai": "OpenAI", "connectory": "OpenAI, Azure OpenAI and compatible services (connectory)"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium here (apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM)
        yield found
        found.close()


@pytest.fixture
def page(browser: Any, here: Here, tmp_path: Path) -> Iterator[Any]:
    """The list of connections. A picture of what was there in the end lies in the test's folder."""
    opened = browser.new_page(viewport={"width": 1400, "height": 1300})
    opened.goto(f"{here.airflow.url}/connections")
    yield opened
    opened.screenshot(path=tmp_path / "page.png", full_page=True)
    opened.close()


def form(page: Any, id: str, type: str) -> Any:
    """The form for a new connection of a type, with its extra fields unfolded."""
    page.get_by_role("button", name="Add Connection").click()
    shown = page.get_by_role("dialog")
    shown.locator("input[name=connection_id]").fill(id)
    shown.get_by_role("combobox").click()
    shown.get_by_role("combobox").fill("openai")
    page.get_by_role("option", name=LABELS[type], exact=True).click()
    shown.get_by_role("button", name="Extra Fields", exact=True).click()
    shown.locator("[name=element_model]").wait_for()
    return shown


@pytest.mark.parametrize("type", LABELS)
def test_form_has_our_fields_and_only_those_that_mean_something(page: Any, type: str) -> None:
    shown = form(page, "looked_at", type)
    text = shown.inner_text()
    for label in ("Authentication", "Provider", "Default model", "Headers"):
        assert label in text
    assert "Model of requests that name none." in text
    for name in ("login", "port", "schema"):
        assert shown.locator(f"[name={name}]").count() == 0
    sections = shown.get_by_role("button").all_inner_texts()
    assert {"Microsoft Entra ID", "Workload identity", "Azure", "Proxy", "TLS"} <= set(sections)
    shown.get_by_role("button", name="Standard Fields").click()
    shown.get_by_text("API Key").wait_for()


def test_connection_of_the_form_is_stored_tested_and_used(page: Any, here: Here) -> None:
    here.services.keys.add(KEY)
    shown = form(page, "from_form", "openai")
    shown.get_by_role("button", name="Standard Fields").click()
    shown.locator("input[name=host]").fill(f"{here.service.url}/v1")
    shown.locator("input[name=password]").fill(KEY)
    shown.get_by_role("button", name="Extra Fields", exact=True).click()
    shown.locator("[name=element_model]").fill("gpt-test")
    with page.expect_response(lambda answer: answer.request.method == "POST" and "connections" in answer.url) as saved:
        shown.get_by_role("button", name="Save").click()
    assert saved.value.status == 201

    rest = here.airflow.rest
    extra = json.loads(rest.ask("GET", "/connections/from_form")["extra"])
    assert {name: value for name, value in extra.items() if value is not None} == {"model": "gpt-test"}
    assert len(extra) > 30  # nobody has touched them, and yet Airflow has stored nulls
    assert pressed(page, here) == {"status": True, "message": "Connection established: 10 models."}
    assert rest.run("asking", conn_id="from_form").state == "success"
    assert here.service.requests[-1].header("Authorization") == f"Bearer {KEY}"


def pressed(page: Any, here: Here) -> Any:
    """What the button in the list says. That of 3.3.2 sends port 0 for none, which its own API takes for another port.

    Source: https://github.com/apache/airflow/pull/73298
    """
    stored = {"connection_id": "from_form", "conn_type": "openai", "port": 0}
    here.airflow.rest.ask("PATCH", "/connections/from_form?update_mask=port", stored)
    page.reload()
    row = page.get_by_role("row").filter(has_text="from_form")
    with page.expect_response("**/connections/test") as answered:
        row.get_by_role("button", name="Test Connection").click()
    return answered.value.json()
