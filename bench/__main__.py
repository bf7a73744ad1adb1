"""`python -m bench [--json] [--runs N]`: programs, then calls. Exits with 1 when something is over its budget."""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import calls, network, programs, stores, tokens
from bench.figures import table

ROOT = Path(__file__).parents[1]
KEY = "sk-bench"
PAIRS = (
    ("execute", "SDK client"),
    ("execute, streamed", "SDK client, streamed"),
    ("cached token, async", "cached token of the SDK, async"),
)


@contextlib.contextmanager
def service() -> Iterator[str]:
    """The address of the test service, which runs in a process of its own."""
    command = [sys.executable, "-m", "tests.upstream", "--key", KEY]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measurements of this checkout.")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--runs", type=int, default=9, help="runs of everything (default: 9)")
    options = parser.parse_args()
    with service() as url:
        started = list(programs.figures(url, KEY, runs=options.runs))
        called = list(calls.figures(url, KEY, runs=options.runs))
    kept = list(stores.figures(runs=min(options.runs, 3)))
    resolved = list(network.figures(runs=options.runs))
    read = [*tokens.figures(runs=options.runs), tokens.slowest_read()]
    ratios = {f"{ours} : {theirs}": round(calls.ratio([*called, *read], ours, theirs), 3) for ours, theirs in PAIRS}
    if options.json:
        document = {
            "figures": [figure.as_document() for figure in (*started, *called, *kept, *resolved, *read)],
            "ratios": ratios,
        }
        print(json.dumps(document, indent=2))
    else:
        print(f"Programs, {options.runs} runs each\n{table(started)}\n")
        print(f"One call, {options.runs} runs of {calls.CALLS} each\n{table(called)}\n")
        print(f"A store, {min(options.runs, 3)} runs\n{table(kept)}\n")
        print(f"The network, {options.runs} runs of {network.CALLS:,} each\n{table(resolved)}\n")
        print(f"Tokens, {options.runs} runs of {tokens.READS} reads each\n{table(read)}\n")
        print("\n".join(f"{pair:<44} {value:>9}" for pair, value in ratios.items()))
        print("\nWall time is noisy, and includes what the service takes: compare CPU.")
    return 0 if all(figure.within for figure in (*started, *kept, *resolved, *read)) else 1


if __name__ == "__main__":
    sys.exit(main())
