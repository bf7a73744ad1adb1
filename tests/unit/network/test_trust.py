"""CAs that a variable names stand in the system's place, and beside or behind those of settings."""

from __future__ import annotations

from typing import Any

import pytest

from connectory.network.reasons import Reason
from connectory.network_policy import HostRule
from connectory.secret import Secret
from connectory.transport import CA, Trust
from tests.unit.network.ways import DEFAULT, found, in_file, of_connection, variable
from tests.upstream.pki import Pki

PEM = Pki().root.pem
HOST, ALL = "xpack.actions.customHostSettings.0", "connectory.network.ca"
OF_HOST, OF_ALL, OWN = (CA(text=Secret(PEM), place=place) for place in (HOST, ALL, "tls.ca"))

RULED = {"host_rules": {"https://llm.corp:443": HostRule(place=HOST, cas=(OF_HOST,))}}
FILE = {"environment": {"SSL_CERT_FILE": "/corp.pem", "SSL_CERT_DIR": "/corp"}}
FOLDER = {"environment": {"SSL_CERT_DIR": "/corp"}}


@pytest.mark.parametrize(
    ("rules", "tls", "trust", "by"),
    [
        (FILE, {}, Trust(file="/corp.pem"), variable("SSL_CERT_FILE")),
        (FOLDER, {}, Trust(folder="/corp"), variable("SSL_CERT_DIR")),
        ({"environment": {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}}, {}, Trust(), DEFAULT),
        (FILE, {"ca": PEM, "ca_mode": "add"}, Trust(cas=(OWN,), file="/corp.pem"), of_connection("tls.ca")),
        (FILE, {"ca": PEM}, Trust(cas=(OWN,), alone=True), of_connection("tls.ca")),
        (FILE | {"ca": OF_ALL}, {}, Trust(cas=(OF_ALL,), file="/corp.pem"), in_file(ALL)),
        (FILE | {"ca": OF_ALL, "ca_mode": "replace"}, {}, Trust(cas=(OF_ALL,), alone=True), in_file(ALL)),
        (FILE | RULED, {}, Trust(cas=(OF_HOST,), alone=True), in_file(HOST)),
    ],
)
def test_variables_are_heard_where_nobody_replaces(rules: Any, tls: Any, trust: Trust, by: Reason) -> None:
    way = found(rules, tls=tls)
    assert (way.settings.trust, way.reasons["ca"]) == (trust, by)


def test_the_oldest_version_and_the_certificate_are_the_connections_word() -> None:
    client = Pki().client_ec
    way = found(tls={"minimum_version": "1.3", "certificate": client.pem, "private_key": client.key_pem})
    assert (way.settings.trust.minimum_version, way.settings.client_certificate is None) == ("1.3", False)
    assert way.reasons["minimum_version"] == of_connection("tls.minimum_version")
    assert way.reasons["client_certificate"] == of_connection("tls.certificate")
