"""The demo for machines: one round, as one value."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from connectory.demo.ending import ended_once
from connectory.demo.faces import faces_in
from connectory.demo.round import Outcome, outcomes
from connectory.demo.service import Service
from connectory.demo.world import running_world


def report(*, embedded: bool, airflow: bool) -> dict[str, Any]:
    """Make every call, tidy up, and tell what came of it. `embedded`: do without a language model.

    `airflow`: with a real Airflow.
    """
    with ended_once(), running_world(embedded=embedded) as world:
        connections, exchanges = world.definitions.connections, world.exchange.count
        faces = faces_in(world.folder, airflow=airflow)
        made = list(outcomes(faces, connections, lambda _: contextlib.nullcontext(), exchanges))
    return as_json(world.service, made)


def as_json(service: Service, made: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "service": {"about": service.about, "url": service.url, "model": service.model},
        "exchanges": sum(outcome.exchanges for outcome in made),
        "answers": [_answer(outcome) for outcome in made],
        "ok": all(outcome.reply for outcome in made),
    }


def _answer(outcome: Outcome) -> dict[str, Any]:
    definition, reply = outcome.call.definition, outcome.reply
    return {
        "face": outcome.face.name,
        "connection": definition.id if definition else None,
        "provider": definition.provider if definition else None,
        "dialect": definition.dialect if definition else None,
        "call": outcome.call.name,
        "answer": reply.answer if reply else None,
        "exchanges": outcome.exchanges,
        "tokens": (reply.tokens or None) if reply else None,
        "seconds": round(outcome.seconds, 3),
        "error": outcome.error or None,
    }
