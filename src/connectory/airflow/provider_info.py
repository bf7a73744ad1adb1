"""What Airflow is told of this provider (entry point `apache_airflow_provider`).

A provider whose function raises, or that imports much, breaks or slows down every command of Airflow: this one does
neither. Source: Airflow 3.3, `provider_info.schema.json` and `providers_manager.py`.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

_APACHES = "apache-airflow-providers-openai"
_HOOKS = "connectory.airflow.hook"
_HIDDEN = ["schema", "port", "login"]
_LABELS = {"password": "API Key"}
_USAGE_SINK = {
    "description": "Path of a function that takes a `connectory.UsageEvent` for each call that a model answers.",
    "version_added": None,
    "type": "string",
    "example": "our_company.accounts.take",
    "default": None,
}


def get_provider_info() -> dict[str, Any]:
    """The provider: its type `connectory`, and `openai` where Apache's provider is not there to have it.

    Airflow 2 gets to know its name and nothing else: it would import hooks that are not for it.
    """
    known = {
        "package-name": "connectory",
        "name": "connectory",
        "description": "Connections to OpenAI, Azure OpenAI and OpenAI-compatible services.",
    }
    return known if (_version("apache-airflow") or "").startswith("2.") else known | _offered()


def _offered() -> dict[str, Any]:
    fields = _fields()
    ours = "OpenAI, Azure OpenAI and compatible services (connectory)"
    types = [_type("connectory", "ConnectoryHook", ours, fields)]
    if _version(_APACHES) is None:
        types.append(_type("openai", "OpenAIHook", "OpenAI", fields))
    return {
        "integrations": [{"integration-name": "OpenAI", "external-doc-url": "https://openai.com", "tags": ["ai"]}],
        "hooks": [_modules("hook")],
        "operators": [_modules(*(f"operators.{name}" for name in ("chat", "response", "embedding", "batch", "agent")))],
        "triggers": [_modules("triggers.batch", "triggers.agent")],
        "connection-types": types,
        "task-decorators": [{"name": "openai", "class-name": "connectory.airflow.decorators.openai_task"}],
        "secrets-backends": ["connectory.airflow.ConnectoryBackend"],
        "config": {"connectory": {"description": "Settings of connectory.", "options": {"usage_sink": _USAGE_SINK}}},
    }


def _modules(*names: str) -> dict[str, Any]:
    return {"integration-name": "OpenAI", "python-modules": [f"connectory.airflow.{name}" for name in names]}


def _type(name: str, hook: str, label: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "connection-type": name,
        "hook-class-name": f"{_HOOKS}.{hook}",
        "hook-name": label,
        "conn-fields": fields,
        "ui-field-behaviour": {"hidden-fields": _HIDDEN, "relabeling": _LABELS},
    }


def _fields() -> dict[str, Any]:
    """The fields of the form; without them, if they cannot be made, everything still goes into the raw extra."""
    try:
        from connectory.airflow.form import form_fields

        return form_fields()
    except Exception:  # noqa: BLE001 (one bad provider breaks all)
        return {}


def _version(name: str) -> str | None:
    """Of what is installed; None for what is not, or says it in a way that nobody can read."""
    try:
        return version(name)
    except Exception:  # noqa: BLE001 (one bad provider breaks all)
        return None
