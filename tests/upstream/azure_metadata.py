"""Azure's instance metadata service (IMDS), as far as it gives out tokens of a managed identity.

Read of https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token.
"""

import re
import time
from collections.abc import Callable, Collection

from tests.upstream.messages import Answer, Received, json_answer
from tests.upstream.openai_errors import Refused
from tests.upstream.scripted import refused
from tests.upstream.token_service import TokenService
from tests.upstream.urlencoded import parse_urlencoded

PATH = "/metadata/identity/oauth2/token"
_REQUIRED = {"api-version", "resource"}
_IDENTITIES = {"client_id", "object_id", "msi_res_id"}


class AzureMetadata(TokenService):
    """`GET /metadata/identity/oauth2/token`. Tokens are `imds-1`, `imds-2`, ..., each for its resource.

    `identities` are the values of client_id, object_id and msi_res_id that are known; None: any. A request that came
    through a proxy is refused, as IMDS does (https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service).
    """

    def __init__(
        self,
        *,
        identities: Collection[str] | None = None,
        expires_in: float = 86399,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("imds-", expires_in=expires_in, clock=clock)
        self._identities = identities

    def check(self, request: Received) -> str:
        if (request.method, request.path) != ("GET", PATH):
            raise _invalid(f"only GET {PATH} is answered here", status=404)
        if request.values("metadata") != ["true"]:
            raise _invalid("Required metadata header not specified")
        for name in ("x-forwarded-for", "via", "authorization"):
            if request.values(name):
                raise _invalid(f"Request contains header {name}, which is not allowed")
        return self._check_query(request)["resource"]

    def answer(self, token: str, purpose: str) -> Answer:
        now = int(time.time())
        return json_answer(
            {
                "access_token": token,
                "client_id": "00000000-0000-4000-8000-00000000c11e",
                "expires_in": str(int(self.expires_in)),
                "expires_on": str(now + int(self.expires_in)),
                "ext_expires_in": str(int(self.expires_in)),
                "not_before": str(now),
                "resource": purpose,
                "token_type": "Bearer",
            }
        )

    def _check_query(self, request: Received) -> dict[str, str]:
        try:
            query = parse_urlencoded(request.query)
        except ValueError as error:
            raise _invalid(f"The query is malformed: {error}") from error
        if not (_REQUIRED <= query.keys() <= _REQUIRED | _IDENTITIES):
            raise _invalid("The parameters are not api-version, resource and at most one identity")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", query["api-version"]):
            raise _invalid("Bad request. api-version is invalid or was not specified in the request.")
        if not query["resource"]:
            raise _invalid("Required audience parameter not specified")
        for name in _IDENTITIES & query.keys():
            if self._identities is not None and query[name] not in self._identities:
                raise _invalid("Identity not found")
        return query


def _invalid(description: str, *, status: int = 400) -> Refused:
    return Refused(refused("invalid_request", description, status=status))
