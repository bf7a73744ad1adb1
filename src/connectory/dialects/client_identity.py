"""`workload_identity` among the arguments of the SDK's client: of its two forms JSON can express the X.509 one.

Source: openai 3.54.0, `auth/_x509.py` (`_validate_identity`) and `OpenAI.__init__`, whose sentences these are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectory.dialects.plain_values import is_given
from connectory.errors import Problem

X509 = "x509_workload_identity"
"""The kind of credential that it becomes."""

_PLACE = "client.workload_identity"
_IDS = ("identity_provider_id", "service_account_id")
_KEYS = ("type", *_IDS, "refresh_buffer_seconds")


def identity_problems(identity: object) -> Iterator[Problem]:
    """What the SDK has against it, the first thing only, and how a document asks for the form with a token source."""
    given = {key: value for key, value in identity.items() if is_given(value)} if isinstance(identity, Mapping) else {}
    buffer = given.get("refresh_buffer_seconds", 0)
    if given.get("type") != "x509":
        yield Problem(
            _PLACE,
            "Invalid `workload_identity` configuration: expected an X.509 or subject-token identity; one with a source "
            "of tokens is asked for by `credential.kind`: `workload_identity`",
        )
    elif given.keys() & {"provider", "client_id"}:
        yield Problem(_PLACE, "X.509 workload identity does not accept a subject-token provider or client ID")
    elif given.keys() - set(_KEYS):
        yield Problem(_PLACE, "X.509 workload identity accepts only identity IDs and an optional refresh buffer")
    elif any(key not in given for key in _IDS):
        yield Problem(_PLACE, "X.509 workload identity requires identity-provider and service-account IDs")
    elif isinstance(buffer, int | float) and not isinstance(buffer, bool) and not 0 <= buffer < float("inf"):
        yield Problem(_PLACE, "X.509 workload identity requires a finite, non-negative refresh buffer")
