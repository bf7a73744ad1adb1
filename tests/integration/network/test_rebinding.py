"""A real name server that changes its answer at every question, in a network namespace of the test's own."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.network.paths import GRANTED, PATHS
from tests.integration.network.rebound import TIMES

pytestmark = pytest.mark.long

ALONE = ["unshare", "--net", "--mount", *(["--map-root-user"] if os.geteuid() else [])]
METADATA = "169.254.169.254"


@pytest.fixture(scope="module")
def prelude(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is done in the namespace first; the tests are left out where the machine does not allow it."""
    resolv = tmp_path_factory.mktemp("etc") / "resolv.conf"
    resolv.write_text("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
    steps = [
        "ip link set lo up",
        f"ip address add {METADATA}/32 dev lo",
        f"mount --bind {shlex.quote(str(resolv))} /etc/resolv.conf",
    ]
    if not all(map(shutil.which, ("unshare", "ip", "mount"))):
        pytest.skip("no `unshare`, `ip` and `mount` here")
    prelude = " && ".join(steps)
    tried = subprocess.run([*ALONE, "sh", "-c", prelude], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"no network namespace can be made here: {tried.stderr.strip()}")
    return prelude


def rebound(prelude: str, *arguments: str) -> dict[str, Any]:
    program = shlex.join([sys.executable, "-m", "tests.integration.network.rebound", *arguments])
    ran = subprocess.run(
        [*ALONE, "sh", "-c", f"{prelude} && exec {program}"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[3],
    )
    assert ran.returncode == 0, ran.stderr
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def refusal_of(path: str) -> str:
    """The SDK's own error, where a name is judged while it dials."""
    return "APIConnectionError" if "client" in path else "AddressRefused"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("mode", "bad"), [("server", "127.0.0.1"), ("server", METADATA), ("library", METADATA)])
def test_every_other_answer_is_refused(prelude: str, path: str, mode: str, bad: str) -> None:
    assert rebound(prelude, path, mode, GRANTED, bad) == {
        "outcomes": {"answered": TIMES // 2, refusal_of(path): TIMES // 2},
        "dialled": {"granted": TIMES // 2, "forbidden": 0},
        "questions": TIMES,
    }


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("answer", [f"{GRANTED}+127.0.0.1", f"127.0.0.1+{GRANTED}", f"{GRANTED}+{METADATA}"])
def test_one_bad_address_among_good_ones_is_enough(prelude: str, path: str, answer: str) -> None:
    found = rebound(prelude, path, "server", answer)
    assert found["outcomes"] == {refusal_of(path): TIMES}
    assert found["dialled"] == {"granted": 0, "forbidden": 0}
