"""One place for an organisation's connections to OpenAI, Azure OpenAI and OpenAI-compatible services.

    import connectory

    with connectory.connect("my-connection") as client:         # openai.OpenAI, ready
        client.chat.completions.create(...)
    connectory.execute("my-connection", {"messages": [...]})    # the service's own answer

Every name here is loaded when it is first used, so importing connectory costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "connectory.library.connecting": ("aconnect", "connect"),
    "connectory.library.executing": ("aexecute", "execute"),
    "connectory.catalog": ("Catalog",),
    "connectory.connection": ("Connection",),
    "connectory.credential": ("Credential",),
    "connectory.provider": ("Provider",),
    "connectory.secret": ("Secret",),
    "connectory.engine.answer": ("Answer",),
    "connectory.engine.streamed": ("AsyncStreamedAnswer", "StreamedAnswer"),
    "connectory.usage": ("Outcome", "Usage", "UsageEvent", "UsageSource"),
    "connectory.errors": (
        "CallerError",
        "ConnectionNotFound",
        "ConnectoryError",
        "CredentialRefused",
        "DocumentError",
        "InvalidAnswer",
        "NetworkError",
        "OperatorError",
        "Problem",
        "SecretUnavailable",
        "ServiceError",
        "SubjectTokenUnavailable",
        "TokenExchangeFailed",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

if TYPE_CHECKING:
    from connectory.catalog import Catalog
    from connectory.connection import Connection
    from connectory.credential import Credential
    from connectory.engine.answer import Answer
    from connectory.engine.streamed import AsyncStreamedAnswer, StreamedAnswer
    from connectory.errors import (
        CallerError,
        ConnectionNotFound,
        ConnectoryError,
        CredentialRefused,
        DocumentError,
        InvalidAnswer,
        NetworkError,
        OperatorError,
        Problem,
        SecretUnavailable,
        ServiceError,
        SubjectTokenUnavailable,
        TokenExchangeFailed,
    )
    from connectory.library.connecting import aconnect, connect
    from connectory.library.executing import aexecute, execute
    from connectory.provider import Provider
    from connectory.secret import Secret
    from connectory.usage import Outcome, Usage, UsageEvent, UsageSource

__all__ = [
    "Answer",
    "AsyncStreamedAnswer",
    "CallerError",
    "Catalog",
    "Connection",
    "ConnectionNotFound",
    "ConnectoryError",
    "Credential",
    "CredentialRefused",
    "DocumentError",
    "InvalidAnswer",
    "NetworkError",
    "OperatorError",
    "Outcome",
    "Problem",
    "Provider",
    "Secret",
    "SecretUnavailable",
    "ServiceError",
    "StreamedAnswer",
    "SubjectTokenUnavailable",
    "TokenExchangeFailed",
    "Usage",
    "UsageEvent",
    "UsageSource",
    "aconnect",
    "aexecute",
    "connect",
    "execute",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
