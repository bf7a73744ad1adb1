"""The doctor names the stage that a fault belongs to, and how to mend it; the faults are those of real programs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from connectory.engine.diagnosis import STAGES, Report, State, as_json
from connectory.engine.doctor import examine
from tests.integration.doctor import answers, calls, documents, lines, proxies, tokens
from tests.integration.doctor.cases import PLANTED, Case, Place
from tests.upstream import Pki

FAMILIES = (documents, lines, proxies, tokens, answers, calls)
CASES = [case for family in FAMILIES for case in family.CASES]


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def place(pki: Pki, tmp_path: Path) -> Place:
    return Place(pki, tmp_path)


def examined(case: Case, place: Place) -> Report:
    with case.world(place) as find:
        return examine("it", find, asked=case.asked)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault_is_found_where_it_belongs(case: Case, place: Place) -> None:
    report = examined(case, place)
    stages = {stage.name: stage for stage in report.stages}
    failed = {name: (stage.seen, stage.fix) for name, stage in stages.items() if stage.state is State.FAILED}
    assert set(failed) == ({case.stage} if case.state is State.FAILED else set(failed) - {case.stage}), failed
    stage = stages[case.stage]
    assert stage.state is case.state
    assert case.seen in stage.seen
    assert re.search(case.fix, stage.fix) or case.fix in stage.fix
    if case.state is State.FAILED:
        after = STAGES[STAGES.index(case.stage) + 1 :]
        assert {stages[name].state for name in after} <= {State.SKIPPED}
    told = json.dumps(as_json(report), ensure_ascii=False)
    assert [planted for planted in PLANTED if planted in told] == []
    assert "PRIVATE KEY" not in told


def test_faults_are_many() -> None:
    assert sum(case.state is State.FAILED for case in CASES) >= 60
    assert {case.stage for case in CASES} == set(STAGES)
