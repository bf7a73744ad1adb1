"""TLS of one connection: whom it trusts, and the certificate by which the machine proves itself."""

from __future__ import annotations

from dataclasses import dataclass

from connectory.secret import Secret
from connectory.setting import setting

FULL, CERTIFICATE, NONE = "full", "certificate", "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class TLSSettings:
    """What a document says of TLS. Certificates and keys are PEM, or base64 of PEM; all three may stand elsewhere.

    `verification` None: nobody said, which in the end is `full`. Source of the modes:
    https://www.elastic.co/docs/reference/kibana/connectors-kibana/openai-action-type
    """

    verification: str | None = setting(
        None,
        help="What is checked of the service: certificate and host name, the certificate alone, or nothing.",
        choices=(FULL, CERTIFICATE, NONE),
    )
    certificate: Secret | None = setting(
        None, help="Client certificate, its own first and then those that issued it.", label="Client certificate"
    )
    private_key: Secret | None = setting(None, help="Private key of the client certificate, not encrypted.")
    ca: Secret | None = setting(None, help="CA certificates that the service's certificate may come from.", label="CA")
    ca_mode: str = setting(
        "replace", help="Whether `ca` takes the place of the system's CAs.", label="CA mode", choices=("replace", "add")
    )
    minimum_version: str = setting("1.2", help="Oldest version of TLS that is spoken.", choices=("1.2", "1.3"))
