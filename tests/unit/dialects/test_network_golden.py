"""What settings of the network do to a request, by effect: from the text of a file to the way that is taken.

Cases stand in the same file as those of connectors, and in the same form: `recorded` and `why` where the original does
something else.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from connectory.dialects import configuration, own
from connectory.dialects.configuration import Configuration
from connectory.errors import DocumentError
from connectory.network.limits import Use
from connectory.network.resolve import Resolution, resolve
from connectory.tls import FULL, NONE
from connectory.transport import Proxy
from tests.unit.dialects.test_kibana_golden import cases
from tests.unit.dialects.test_tls_and_network import base64_of
from tests.upstream.pki import Pki

CONNECTION = own.read("case", {"provider": "other", "url": "https://h/v1", "credential": {"api_key": "k"}})
USES = {"run": Use.RUN, "test": Use.RUN, "invokeAI": Use.RUN, "stream": Use.STREAM, "invokeStream": Use.STREAM}


@cases("network")
def test_settings_lead_where_they_are_recorded_to(case: dict[str, Any], tmp_path: Path) -> None:
    assert effect(case, tmp_path) == case["expect"]


@cases("timeout")
def test_sub_actions_wait_as_long_as_recorded(case: dict[str, Any], tmp_path: Path) -> None:
    asked, use = case.get("asked_ms"), USES[case["sub_action"]]
    found = way(read(case, tmp_path), CONNECTION.url, use, asked=None if asked is None else asked / 1000)
    seconds = found.settings.timeouts.read if use is Use.RUN else found.settings.first_byte
    assert seconds is not None
    assert {"effective_timeout_ms": round(seconds * 1000)} == case["expect"]


@pytest.mark.parametrize(("mode", "kept"), [({}, "full"), ({"verificationMode": "certificate"}, "certificate")])
def test_rules_for_all_do_not_weaken_a_connector_with_a_client_certificate(
    mode: dict[str, str], kept: str, pki: Pki, tmp_path: Path
) -> None:
    client = pki.client_ec
    config = {"apiProvider": "Other", "apiUrl": "https://h/v1", "defaultModel": "m", **mode}
    secrets = {"certificateData": base64_of(client.pem), "privateKeyData": base64_of(client.key_pem)}
    entry = {"name": "n", "actionTypeId": ".gen-ai", "config": config, "secrets": secrets}
    given = read({"settings": {"ssl": {"verificationMode": "none"}, "preconfigured": {"a": entry}}}, tmp_path)
    connection = dataclasses.replace(given.connection("a"), network_policy=given.network_policy())
    assert connection.tls.verification == kept
    assert resolve(connection, connection.url, Use.RUN).settings.trust.verification == kept


def read(case: dict[str, Any], folder: Path) -> Configuration:
    file = folder / "connectory.yml"
    file.write_text(json.dumps({"xpack.actions": case["settings"]}), encoding="utf-8")
    return configuration.read(file)


def way(given: Configuration, url: str, use: Use, *, asked: float | None = None) -> Resolution:
    connection = dataclasses.replace(CONNECTION, network_policy=given.network_policy())
    return resolve(connection, url, use, asked=asked)


def effect(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    try:
        given = read(case, folder)
    except DocumentError as error:
        [path] = {problem.path for problem in error.problems}
        return {"startup_error_contains": path}
    found = way(given, case["url"], Use.RUN)
    assert found.refusal is None
    trust = found.settings.trust
    seen = {
        "via_proxy": found.settings.proxy is not None,
        "verify_chain": trust.verification != NONE,
        "verify_hostname": trust.verification == FULL,
        "proxy_auth": login(found.settings.proxy),
        "warning": " ".join(warning.message for warning in given.warnings),
    }
    return {name: seen[name] for name in case["expect"]}


def login(proxy: Proxy | None) -> str:
    parts = (proxy.username, proxy.password) if proxy else ()
    return ":".join(part.reveal() for part in parts if part)
