"""Azure: the token of a machine's managed identity, from the metadata service (IMDS)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from connectory.credential import FlowContext, TokenResponse
from connectory.errors import SubjectTokenUnavailable
from connectory.secret import Secret
from connectory.setting import setting
from connectory.subject_token import SubjectFlow, SubjectToken, SubjectTokenSource
from connectory.wire.cloud_metadata import AZURE_API_VERSION, asked, azure_token_request
from connectory.wire.error_details import error_detail
from connectory.wire.token_exchange import json_of

_FAILED = "Failed to fetch Azure subject token from IMDS: "


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureToken(SubjectTokenSource):
    """Which identity: the machine's only one, or the one that `client_id`, `object_id` or `msi_res_id` names.

    Source: openai 3.54, `azure_managed_identity_token_provider`;
    https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
    """

    kind: ClassVar = "azure"

    resource: str = setting("https://management.azure.com/", help="Application ID URI that the token is for.")
    client_id: str | None = setting(None, help="Client id of a user-assigned identity.", label="Client ID")
    object_id: str | None = setting(None, help="Object id of a user-assigned identity.", label="Object ID")
    msi_res_id: str | None = setting(
        None, help="Azure resource id of a user-assigned identity.", label="Resource ID of the identity"
    )
    api_version: str = setting(AZURE_API_VERSION, help="Version of the metadata service.", label="API version")

    def flow(self, context: FlowContext) -> SubjectFlow:
        request = azure_token_request(
            context.endpoints.azure_metadata_url,
            resource=self.resource,
            api_version=self.api_version,
            object_id=self.object_id,
            client_id=self.client_id,
            msi_res_id=self.msi_res_id,
        )
        response = yield from asked(request, failed=_FAILED, cloud="Azure")
        return SubjectToken(value=Secret(_token(response)), type="jwt")

    @property
    def reads(self) -> str:
        return "Azure's metadata service"


def _token(response: TokenResponse) -> str:
    document = json_of(response.body)
    if not 200 <= response.status < 300:
        said = error_detail(document).message
        words = f" ({said.rstrip('.')})" if said else ""
        fix = "; check that the machine has the managed identity, and `resource`" if response.status == 400 else ""
        raise SubjectTokenUnavailable(f"{_FAILED}HTTP {response.status}{words}{fix}.")
    if not isinstance(document, dict):
        raise SubjectTokenUnavailable(f"{_FAILED}its answer is no JSON object, so something else answers there.")
    token = document.get("access_token")
    if not isinstance(token, str) or not token.strip():
        raise SubjectTokenUnavailable(f"{_FAILED}Azure IMDS response did not include an access_token.")
    return token
