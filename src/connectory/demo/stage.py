"""What the demo's connections are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from connectory.demo.exchange import Exchange
from connectory.demo.front import Front
from connectory.demo.gate import Gate
from connectory.demo.keys import Keys
from connectory.demo.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """`folder` is there until the demo ends, and for nobody else."""

    folder: Path
    service: Service
    exchange: Exchange
    keys: Keys

    def front(self, gate: Gate) -> Front:
        """One more way to the service; it is there while it is entered."""
        return Front(self.service, gate, key=self.keys.fronts)
