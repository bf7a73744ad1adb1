"""Test services: small programs on loopback that speak as the real ones do, and are stricter.

    with running(OpenAIService(keys={"sk-test"})) as upstream:
        client = OpenAI(api_key="sk-test", base_url=f"{upstream.url}/v1")
        ...
        assert upstream.requests[-1].header("Authorization") == "Bearer sk-test"

The answers are deterministic (`answers/`), every request is kept byte for byte (`recording.py`), and a request can
ask for a fault by the name of its model (`faults.py`; `python -m tests.upstream --list-faults`). An app of one's own
is any `async def app(request: Received) -> Answer`. As a separate program: `python -m tests.upstream --help`.

Services that give out tokens (`token_service.py`) are scripted by the test, and what they issue is what another
service accepts:

    exchange = TokenExchange(subject_tokens={"jwt-1"})
    exchange.script += [scripted.too_many(1), scripted.slow(0.2)]
    with running(exchange) as tokens, running(OpenAIService(keys=exchange.tokens)) as upstream:
        ...

Certificates are made on the spot (`pki.py`), contexts from them in `tls.py`, and `running_proxy()` is a forward proxy.
"""

from tests.upstream import certificates, raw, scripted
from tests.upstream.azure_metadata import AzureMetadata
from tests.upstream.azure_service import AzureService
from tests.upstream.batch_service import BatchService
from tests.upstream.certificates import Identity
from tests.upstream.entra_service import EntraService
from tests.upstream.faults import FAULTS
from tests.upstream.google_metadata import GoogleMetadata
from tests.upstream.issued_tokens import IssuedTokens
from tests.upstream.messages import Answer, App, Ending, Pause, Received, Step, json_answer
from tests.upstream.openai_service import OpenAIService
from tests.upstream.pki import Pki
from tests.upstream.proxied import Proxied
from tests.upstream.proxy import RecordingProxy, running_proxy
from tests.upstream.recording import recorded_at
from tests.upstream.running import Upstream, running
from tests.upstream.sse import DONE, event, sse_answer
from tests.upstream.tls import old_tls_client, old_tls_server, tls_client, tls_server
from tests.upstream.token_exchange import TokenExchange
from tests.upstream.token_file import RotatingTokenFile

__all__ = [
    "DONE",
    "FAULTS",
    "Answer",
    "App",
    "AzureMetadata",
    "AzureService",
    "BatchService",
    "Ending",
    "EntraService",
    "GoogleMetadata",
    "Identity",
    "IssuedTokens",
    "OpenAIService",
    "Pause",
    "Pki",
    "Proxied",
    "Received",
    "RecordingProxy",
    "RotatingTokenFile",
    "Step",
    "TokenExchange",
    "Upstream",
    "certificates",
    "event",
    "json_answer",
    "old_tls_client",
    "old_tls_server",
    "raw",
    "recorded_at",
    "running",
    "running_proxy",
    "scripted",
    "sse_answer",
    "tls_client",
    "tls_server",
]
