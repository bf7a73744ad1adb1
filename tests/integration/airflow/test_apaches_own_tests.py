"""The unit tests of Apache's provider (2.2.0), out of its sdist, pointed at `connectory.airflow.compat`.

tests/golden/apaches_tests.json lists those that cannot pass, under why; all others have to.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

NAME = "apache-airflow-providers-openai"
ROOT = Path(__file__).parents[3]
LISTED: dict[str, list[str]] = json.loads((ROOT / "tests" / "golden" / "apaches_tests.json").read_text())


@pytest.fixture(scope="module")
def apaches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with Apache's tests."""
    folder = tmp_path_factory.mktemp("apache")
    words = ("download", "--no-deps", f"--no-binary={NAME}", f"--dest={folder}", f"{NAME}==2.2.0")
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, timeout=300, check=False)
    if done.returncode != 0:
        pytest.skip("Apache's sdist could not be had from the package registry.")
    with tarfile.open(next(folder.glob("*.tar.gz"))) as sdist:
        sdist.extractall(folder, filter="data")
    return next(folder.glob("*/tests/unit"))


def test_those_that_can_pass_do(apaches: Path, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))),
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
    }
    words = ("-q", "-p", "tests.integration.airflow.apaches_plugin", "-p", "no:cacheprovider", "-c", os.devnull)
    report = tmp_path / "report.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, f"--confcutdir={apaches}", f"--junitxml={report}", apaches],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert report.exists(), done.stdout[-4000:] + done.stderr[-4000:]
    cases = ElementTree.parse(report).getroot().iter("testcase")
    failed = {case.attrib["name"].partition("[")[0] for case in cases if _is_failed(case)}
    print(done.stdout.splitlines()[-1])
    assert failed == {name for names in LISTED.values() for name in names}


def _is_failed(case: ElementTree.Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None
