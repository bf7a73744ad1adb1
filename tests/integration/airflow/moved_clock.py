"""A program: a task in a process whose clock can be put forward, as time does in the life of a token.

Each line of its input is JSON, `{"environment": {...}, "steps": [...]}`; each line of its output what the calls gave.
It is Python's own clock that is put forward, replaced before anything else has taken hold of it.
"""

from __future__ import annotations

import time

_real, _ahead = time.monotonic, [0.0]
time.monotonic = lambda: _real() + _ahead[0]

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

from tests.integration.airflow.hook_steps import done  # noqa: E402
from tests.integration.airflow.recorded import ID  # noqa: E402


def main() -> None:
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Airflow prints is no answer
    for line in sys.stdin:
        given = json.loads(line)
        os.environ.update(given["environment"])
        print(json.dumps(done(given["steps"], conn_id=ID, advance=_advance)), file=output, flush=True)


def _advance(seconds: float) -> None:
    _ahead[0] += seconds


if __name__ == "__main__":
    main()
