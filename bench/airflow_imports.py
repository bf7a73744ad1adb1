"""What importing costs in Airflow: our hook and our operators, beside the SDK of Airflow that both stand on.

`python -m bench.airflow_imports [--runs N]`; Apache's provider stands beside ours where it is installed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile

from bench.figures import Figure, table
from bench.programs import run

ON_TOP = "from airflow.sdk import BaseHook"
PROGRAMS = {
    "our hook": "from connectory.airflow import OpenAIHook",
    "Apache's hook": "from airflow.providers.openai.hooks.openai import OpenAIHook",
    "our operators": "from connectory.airflow import OpenAIEmbeddingOperator, OpenAIResponseOperator",
    "Apache's operators": "from airflow.providers.openai.operators.openai import OpenAIResponseOperator",
}
BUDGETS = {"our hook": 50.0}


def figures(*, runs: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "AIRFLOW_HOME": home}
        environment |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        base = _figure("Airflow's BaseHook", ON_TOP, environment, runs)
        found = [base]
        for name, program in PROGRAMS.items():
            if name.startswith("our") or _is_there():
                found.append(_figure(name, f"{ON_TOP}; {program}", environment, runs, above=base))
        return found


def _is_there() -> bool:
    import importlib.util

    try:
        return importlib.util.find_spec("airflow.providers.openai") is not None
    except ModuleNotFoundError:
        return False


def _figure(name: str, program: str, environment: dict[str, str], runs: int, *, above: Figure | None = None) -> Figure:
    command = [sys.executable, "-c", program]
    run(command, environment)
    measured = [run(command, environment) for _ in range(runs)]
    cpu, wall = [cpu for cpu, _ in measured], [wall for _, wall in measured]
    return Figure(name=name, cpu=cpu, wall=wall, budget=BUDGETS.get(name), above=above)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.airflow_imports")
    parser.add_argument("--runs", type=int, default=5)
    found = figures(runs=parser.parse_args().runs)
    print(table(found))
    return 0 if all(figure.within for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
