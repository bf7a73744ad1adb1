"""The demo's API keys, new in every run."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from connectory.secret import Secret


def _new_key() -> Secret:
    return Secret(f"sk-{secrets.token_urlsafe(24)}")


@dataclass(frozen=True, slots=True)
class Keys:
    """One for each connection that has one, and the one that the fronts have for the service."""

    openai: Secret = field(default_factory=_new_key)
    azure: Secret = field(default_factory=_new_key)
    local: Secret = field(default_factory=_new_key)
    fronts: Secret = field(default_factory=_new_key)

    @property
    def of_service(self) -> list[Secret]:
        return [self.openai, self.local, self.fronts]
