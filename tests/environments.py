"""What the environment says, as the faces that trust it have it: in a connection, and in a TLS context."""

import dataclasses
import os
import ssl

from connectory import Connection
from connectory.engine.tls import context_of as context_of_trust
from connectory.network.trust import trust_at
from connectory.network_policy import VARIABLES, NetworkPolicy
from connectory.tls import TLSSettings
from connectory.transport import ClientCertificate


def policy_of_environment() -> NetworkPolicy:
    """No rule but what variables say now."""
    return NetworkPolicy(environment={name: os.environ[name] for name in VARIABLES if name in os.environ})


def in_environment(connection: Connection) -> Connection:
    return dataclasses.replace(connection, network_policy=policy_of_environment())


def context_of(settings: TLSSettings, *, now: float | None = None) -> ssl.SSLContext:
    """The context that a connection with these settings gets."""
    trust, _ = trust_at(policy_of_environment(), settings, None)
    told = settings.certificate or settings.private_key
    identity = ClientCertificate(certificate=settings.certificate, private_key=settings.private_key) if told else None
    return context_of_trust(trust, identity, now=now)


def default_trust() -> ssl.SSLContext:
    """The context of those who say nothing of TLS."""
    return context_of(TLSSettings())
