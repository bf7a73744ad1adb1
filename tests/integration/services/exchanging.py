"""One right token exchange, and what comes back."""

import json
from typing import Any

from tests.integration.services.talking import ask
from tests.upstream import Upstream
from tests.upstream.token_exchange import GRANT_TYPE, JWT

GOOD = {
    "grant_type": GRANT_TYPE,
    "subject_token": "jwt-1",
    "subject_token_type": JWT,
    "identity_provider_id": "idp_test",
    "service_account_id": "sa_test",
}


def post(at: Upstream, document: Any = GOOD, **headers: str) -> tuple[int, Any]:
    """The status and the JSON of the answer; `_` in the name of a header is a hyphen."""
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    response, body = ask(at, "POST", "/oauth/token", document, headers=sent)
    return response.status, json.loads(body)
