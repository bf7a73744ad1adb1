"""A definition: one of the demo's connections, as a visitor would write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

HIDDEN = "***"
"""What is shown in the place of a secret."""

ELASTICS = "xpack.actions.preconfigured:\n"
OURS = "connectory.connections:\n"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the demo listens, and what speaks there, for people."""

    url: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One connection: `text` is how it is written, less its secrets, and `place` where.

    `operator` is what stands in connectory.yml for it and all of its kind. `environ` and `sections` are the same for
    programs, secrets and all: variables, and headings in connectory.yml with what comes below them. `addresses` are
    where it leads, if not to the service itself. `embeddings_id` is the same connection once more with a URL that ends
    in `/embeddings`: the shell posts to one URL.
    """

    id: str
    embeddings_id: str
    provider: str
    dialect: str
    place: str
    text: str
    model: str
    operator: str = ""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    sections: Mapping[str, str] = field(default_factory=dict, repr=False)
    addresses: tuple[Address, ...] = ()
