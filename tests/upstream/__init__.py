"""Test services: small OpenAI and Azure OpenAI upstreams, real programs on loopback, on the standard library only.

    with running(OpenAIService(keys={"sk-test"})) as upstream:
        client = OpenAI(api_key="sk-test", base_url=f"{upstream.url}/v1")
        ...
        assert upstream.requests[-1].header("Authorization") == "Bearer sk-test"

The answers are deterministic (`answers/`), every request is kept byte for byte (`recording.py`), and a request can
ask for a fault by the name of its model (`faults.py`; `python -m tests.upstream --list-faults`). An app of one's own
is any `async def app(request: Received) -> Answer`. As a separate program: `python -m tests.upstream --help`.
"""

from tests.upstream.azure_service import AzureService
from tests.upstream.faults import FAULTS
from tests.upstream.messages import Answer, App, Ending, Pause, Received, Step, json_answer
from tests.upstream.openai_service import OpenAIService
from tests.upstream.recording import recorded_at
from tests.upstream.running import Upstream, running
from tests.upstream.sse import DONE, event, sse_answer

__all__ = [
    "DONE",
    "FAULTS",
    "Answer",
    "App",
    "AzureService",
    "Ending",
    "OpenAIService",
    "Pause",
    "Received",
    "Step",
    "Upstream",
    "event",
    "json_answer",
    "recorded_at",
    "running",
    "sse_answer",
]
