"""The test service as a program of its own."""

import signal
import subprocess
import sys

import pytest
from openai import OpenAI

from tests.integration.services.talking import HELLO, say
from tests.upstream import FAULTS, recorded_at


def program(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-W", "error", "-m", "tests.upstream", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("flavour", ["openai", "azure"])
def test_program_serves_records_and_ends_on_sigterm(flavour: str) -> None:
    base = "v1" if flavour == "openai" else "openai/v1"
    with program("--flavour", flavour, "--key", "k1", "--key", "k2") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with OpenAI(api_key="k2", base_url=f"{url}/{base}", max_retries=0, default_headers={"api-key": "k2"}) as client:
            say(client)
            [received] = recorded_at(url)
            process.send_signal(signal.SIGTERM)
            output = process.communicate(timeout=5)
    assert received.json() == {"model": "gpt-test", "messages": HELLO}
    assert (process.returncode, output) == (0, ("", ""))


def test_program_lists_its_faults() -> None:
    with program("--list-faults") as process:
        lines = process.communicate(timeout=10)[0].splitlines()
    assert [line.split()[0] for line in lines] == [fault.name for fault in FAULTS]
