"""The provider as Airflow itself sees it: found, valid, light, and with a form that says what it means."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import airflow
import jsonschema
import pytest

from connectory.airflow import OpenAIHook
from connectory.airflow.form import form_fields
from connectory.airflow.provider_info import get_provider_info
from connectory.dialects import airflow as words
from connectory.dialects.airflow_keys import HIDDEN, PLACES
from connectory.dialects.flat_names import AUTH_TYPE, all_names
from connectory.errors import DocumentError
from tests.integration.airflow.conftest import Known
from tests.integration.airflow.names import ProvidersManager
from tests.upstream import Pki

SCHEMA = json.loads((Path(airflow.__path__[0]) / "provider_info.schema.json").read_text())


def test_what_is_said_is_valid() -> None:
    jsonschema.validate(get_provider_info(), SCHEMA)


def test_airflow_finds_both_types_where_apaches_provider_is_not_there() -> None:
    if find_spec("airflow.providers.openai"):
        pytest.skip("Apache's provider is here")
    hooks = ProvidersManager().hooks
    for name, hook in (("connectory", "ConnectoryHook"), ("openai", "OpenAIHook")):
        found = hooks[name]
        assert found is not None
        assert found.hook_class_name == f"connectory.airflow.hook.{hook}"
        assert found.connection_id_attribute_name == "conn_id"
        assert found.connection_testable


def test_asking_imports_no_airflow_and_no_sdk() -> None:
    program = (
        "import sys; from connectory.airflow.provider_info import get_provider_info; get_provider_info();"
        "print([name for name in sys.modules if name.partition('.')[0] in ('airflow', 'openai', 'pydantic', 'httpx2')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("metadata", [b"Name: \xff\xfe\nVersion: \xff\n", b""])
def test_damaged_package_beside_it_raises_nothing(
    metadata: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("apache_airflow", "apache_airflow_providers_openai"):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_bytes(metadata)
    monkeypatch.syspath_prepend(str(tmp_path))
    jsonschema.validate(get_provider_info(), SCHEMA)


FIELDS = form_fields()


def test_form_has_a_field_for_every_key_that_means_something() -> None:
    known = {AUTH_TYPE, *all_names(), *PLACES} - {"foreign", "name"}
    assert {HIDDEN.get(key, key) for key in FIELDS} == known


@pytest.mark.parametrize("key", FIELDS)
def test_field_says_what_it_is_and_may_be_empty(key: str) -> None:
    field = FIELDS[key]
    assert field["label"]
    assert field["description"].endswith(".")
    assert "null" in field["schema"]["type"]
    assert "default" not in field["schema"]


@pytest.mark.parametrize(
    ("key", "heading"),
    [
        ("model", None),
        ("entra_scope", "Microsoft Entra ID"),
        ("audience", "Workload identity"),
        ("azure_deployments", "Azure"),
        ("proxy", "Proxy"),
        ("client_private_key", "TLS"),
    ],
)
def test_fields_of_one_topic_are_under_one_heading(key: str, heading: str | None) -> None:
    assert FIELDS[key]["schema"].get("section") == heading


@pytest.mark.parametrize("nothing", [None, ""])
def test_fields_that_nobody_touched_say_nothing(nothing: Any) -> None:
    extra = dict.fromkeys(FIELDS, nothing)
    assert words.read("it", {"conn_type": "openai", "password": "k", "extra": extra}) == words.read(
        "it", {"conn_type": "openai", "password": "k"}
    )


def test_secrets_of_the_form_are_hidden_by_airflow() -> None:
    """It goes by the names of keys. Certificates may be seen by anybody."""
    masker = pytest.importorskip("airflow.sdk._shared.secrets_masker", reason="Airflow before 3.2")

    fields = get_provider_info()["connection-types"][0]["conn-fields"]
    secret = {key for key, field in fields.items() if field["schema"].get("format") in ("password", "multiline")}
    shown = {key for key in secret if not masker.should_hide_value_for_key(key)}
    assert shown == {"ca", "client_certificate"}


def test_private_keys_are_taken_under_both_names(knows: Known) -> None:
    pki = Pki()
    given = {"ca": pki.root.pem, "client_certificate": pki.client_ec.pem, "provider": "other"}
    for name in ("client_key", "client_private_key"):
        connection = OpenAIHook(knows("https://llm.corp/v1", **given, **{name: pki.client_ec.key_pem})).connection()
        assert connection.tls.private_key
        assert connection.tls.private_key.reveal() == pki.client_ec.key_pem
    both = {"client_key": pki.client_ec.key_pem, "client_private_key": pki.client_ec.key_pem}
    with pytest.raises(DocumentError, match="stands beside `client_key`"):
        OpenAIHook(knows("https://llm.corp/v1", **given, **both)).connection()
