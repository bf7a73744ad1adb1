"""The metadata services of clouds, which tell a machine its own identity: where they are and how they are asked.

Azure: https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
Google: https://cloud.google.com/compute/docs/instances/verifying-instance-identity
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from urllib.parse import urlencode, urlsplit

from connectory.credential import TokenRequest, TokenResponse
from connectory.errors import NetworkError, SubjectTokenUnavailable, TimedOut

_AZURE = "http://169.254.169.254"
_AZURE_PATH = "/metadata/identity/oauth2/token"
_GOOGLE = "http://metadata.google.internal"
_GOOGLE_PATH = "/computeMetadata/v1/instance/service-accounts/default/identity"

AZURE_API_VERSION = "2018-02-01"


def azure_token_request(
    url: str | None,
    *,
    resource: str,
    api_version: str = AZURE_API_VERSION,
    object_id: str | None = None,
    client_id: str | None = None,
    msi_res_id: str | None = None,
) -> TokenRequest:
    """A request for a managed identity's token. `url` is the service's, None: the well-known address."""
    query = {
        "api-version": api_version,
        "resource": resource,
        "object_id": object_id,
        "client_id": client_id,
        "msi_res_id": msi_res_id,
    }
    return _request(url or _AZURE, _AZURE_PATH, query, {"Metadata": "true"})


def google_token_request(url: str | None, *, audience: str) -> TokenRequest:
    """A request for a service account's identity token. `url` is the service's, None: the well-known address."""
    return _request(url or _GOOGLE, _GOOGLE_PATH, {"audience": audience}, {"Metadata-Flavor": "Google"})


def asked(request: TokenRequest, *, failed: str, cloud: str) -> Generator[TokenRequest, TokenResponse, TokenResponse]:
    """The answer to one of these requests, for a flow. Raises SubjectTokenUnavailable, whose text `failed` begins."""
    try:
        return (yield request)
    except NetworkError as error:
        reason = f"timed out ({error.reason})" if isinstance(error, TimedOut) else error.reason
        raise SubjectTokenUnavailable(f"{failed}{reason}; it answers on machines in {cloud} only.") from error


def _request(url: str, path: str, query: Mapping[str, str | None], headers: Mapping[str, str]) -> TokenRequest:
    """A URL with a path of its own is taken as it stands. No proxy knows these addresses."""
    place = url if urlsplit(url).path.strip("/") else url.rstrip("/") + path
    joint = "&" if "?" in place else "?"
    given = urlencode({name: value for name, value in query.items() if value}, errors="replace")
    return TokenRequest(method="GET", url=f"{place}{joint}{given}", headers=dict(headers), direct=True)
