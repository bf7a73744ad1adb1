"""What Apache's hook has against the credential of a connection, in its words and in its order: the first thing only.

Source: apache-airflow-providers-openai 2.2.0, `hooks/openai.py`. Null and empty text are nothing to us, and the kinds
of credential and of token sources that we have besides are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectory.credentials import CREDENTIALS, DEFAULT_KIND
from connectory.dialects.flat_names import AUTH_TYPE, SOURCE
from connectory.dialects.words import nearest
from connectory.errors import Problem
from connectory.secret import may_be_a_key
from connectory.subject_tokens import SOURCES

_IDENTITY = "workload_identity"
_APACHES_SOURCES = ("kubernetes", "azure", "gcp", "custom")
_CUSTOM = "custom"


def refusal(id: str, extra: Mapping[str, Any], *, overridden: bool) -> Problem | None:
    """The first thing that is wrong. `overridden`: the client's arguments bring an identity that wins."""
    kind, source = extra.get(AUTH_TYPE, DEFAULT_KIND), extra.get(SOURCE)
    if kind not in CREDENTIALS.names:
        meant = nearest(kind, CREDENTIALS.names)
        near = f" Did you mean {meant!r}?" if meant and repr(meant) not in _TYPES else ""
        return _told(AUTH_TYPE, f"Unsupported auth_type{_shown(kind)} for OpenAI connection {id!r}; {_TYPES}{near}")
    if kind != _IDENTITY or overridden:
        return None
    required = {"identity_provider_id": "", "service_account_id": "", "token_provider": "custom "}
    for name, of in required.items():
        if name not in extra and (not of or source == _CUSTOM):
            return _told(name, f"Missing required {name!r} for {of}workload_identity auth on OpenAI connection {id!r}.")
    if source not in SOURCES.names:
        known = dict.fromkeys([*_APACHES_SOURCES, *SOURCES.names])
        expected = ", ".join(repr(name) for name in known)
        shown = _shown(source)
        return _told(SOURCE, f"Unsupported {SOURCE}{shown} for OpenAI connection {id!r}; expected one of {expected}.")
    return None


_TYPES = "expected 'api_key' or 'workload_identity'."


def _told(key: str, sentence: str) -> Problem:
    return Problem(f"extra.{key}", sentence)


def _shown(value: object) -> str:
    """A blank and the value, as Python writes it; nothing of one that may be a secret in the wrong place."""
    word = repr(value)
    plain = value is None or isinstance(value, str | int | float)
    harmless = plain and len(word) <= 40 and word.isprintable() and not may_be_a_key(word)
    return f" {word}" if harmless else ""
