"""Why a value of a way is what it is: who said it, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from connectory.network_policy import NetworkPolicy


class Said(StrEnum):
    """Who says a value."""

    DEFAULT = "default"
    CONFIGURATION = "configuration"
    CONNECTION = "connection"
    VARIABLE = "variable"
    ARGUMENT = "argument"


@dataclass(frozen=True, slots=True)
class Reason:
    """`name` is the path of a setting in the configuration file or in the connection, a variable, or a flag."""

    said: Said
    name: str = ""

    def __str__(self) -> str:
        match self.said:
            case Said.DEFAULT:
                return "default"
            case Said.CONNECTION:
                return f"{self.name} of the connection"
            case Said.VARIABLE:
                return f"variable {self.name}"
        return self.name


Reasons = Mapping[str, Reason]
"""Reasons by the names of the values that they are for."""

DEFAULT = Reason(Said.DEFAULT)


def by_rules(policy: NetworkPolicy, setting: str) -> Reason:
    """The rule of the configuration file, where it stands."""
    return Reason(Said.CONFIGURATION, policy.places.get(setting, setting))
