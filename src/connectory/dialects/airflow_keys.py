"""The keys of an Airflow connection's `extra` that are not a credential's, and where each stands in our document."""

from __future__ import annotations

from collections.abc import Mapping

from connectory.dialects.flat_names import AUTH_TYPE

CLIENT = "openai_client_kwargs"

PLACES: Mapping[str, str] = {
    "provider": "provider",
    "model": "model",
    "endpoint": "endpoint",
    "headers": "headers",
    "labels": "labels",
    "azure_api_version": "azure.api_version",
    "azure_deployments": "azure.deployments",
    CLIENT: "client",
    "proxy": "network.proxy",
    "proxy_username": "network.proxy_username",
    "proxy_password": "network.proxy_password",
    "ca": "tls.ca",
    "ca_mode": "tls.ca_mode",
    "verification_mode": "tls.verification",
    "minimum_version": "tls.minimum_version",
    "client_certificate": "tls.certificate",
    "client_key": "tls.private_key",
    "name": "name",
    "foreign": "foreign",
}
"""All but the client's arguments are ours; Apache's provider leaves them alone."""

HIDDEN: Mapping[str, str] = {
    "client_private_key": "client_key",
    "entra_client_certificate_secret": "entra_client_certificate",
}
"""Other names of keys that hold private keys. Airflow shows people what stands under a key, unless its name says that
it is a secret (`airflow.sdk.log`, 3.3): its form writes these."""

OBJECTS = ("headers", "labels", "azure_deployments", CLIENT, "foreign")
"""Those that hold objects; a URI can only give them as JSON text."""

DESCRIPTION = "description"
"""Stands in `extra` where the connection is a URI, which has no place for it; the field of this name wins."""

BESIDE_KEY = ("organization", "project")
"""Settings of the API key itself. Apache's provider knows them as arguments of the client, so they stand there too."""

KNOWN = (*PLACES, AUTH_TYPE, DESCRIPTION, *BESIDE_KEY)

PATHS: Mapping[str, str] = {
    "url": "host",
    "credential": "extra",
    "credential.api_key": "password",
    **{place: f"extra.{key}" for key, place in PLACES.items()},
}
"""Where the parts of our document stand in a connection, for messages."""
