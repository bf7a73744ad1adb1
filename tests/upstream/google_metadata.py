"""Google's metadata server, as far as it gives out identity tokens of the default service account.

Read of https://docs.cloud.google.com/compute/docs/instances/verifying-instance-identity.
"""

import time
from collections.abc import Callable

from tests.upstream.messages import Answer, Received
from tests.upstream.openai_errors import Refused
from tests.upstream.token_service import TokenService
from tests.upstream.urlencoded import parse_urlencoded

PATH = "/computeMetadata/v1/instance/service-accounts/default/identity"
_STAMP = (("metadata-flavor", "Google"), ("server", "Metadata Server for VM"), ("content-type", "text/html"))


class GoogleMetadata(TokenService):
    """`GET .../default/identity?audience=...`. Tokens are `google-1`, `google-2`, ..., each for its audience.

    The body is the bare token and a line end. A request without `Metadata-Flavor: Google`, or one that came through a
    proxy, gets 403.
    """

    def __init__(self, *, expires_in: float = 3600, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("google-", expires_in=expires_in, clock=clock)

    def check(self, request: Received) -> str:
        if (request.method, request.path) != ("GET", PATH):
            raise _refused(404, f"only GET {PATH} is answered here")
        if request.values("metadata-flavor") != ["Google"]:
            raise _refused(403, "Missing required header: Metadata-Flavor")
        for name in ("x-forwarded-for", "via", "authorization"):
            if request.values(name):
                raise _refused(403, f"the header {name} is not allowed")
        try:
            query = parse_urlencoded(request.query)
        except ValueError as error:
            raise _refused(400, f"malformed query: {error}") from error
        if query.keys() != {"audience"} or not query["audience"]:
            raise _refused(400, "non-empty audience parameter required, and no other")
        return query["audience"]

    def answer(self, token: str, purpose: str) -> Answer:
        return Answer(headers=_STAMP, body=f"{token}\n".encode())


def _refused(status: int, text: str) -> Refused:
    return Refused(Answer(status=status, headers=_STAMP, body=f"{text}\n".encode()))
