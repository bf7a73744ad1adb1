"""Google Cloud: the identity token of a machine's service account, from the metadata server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from connectory.credential import FlowContext, TokenResponse
from connectory.errors import SubjectTokenUnavailable
from connectory.secret import Secret
from connectory.setting import setting
from connectory.subject_token import SubjectFlow, SubjectToken, SubjectTokenSource
from connectory.wire.cloud_metadata import asked, google_token_request

_FAILED = "Failed to fetch GCP subject token from metadata server: "


@dataclass(frozen=True, slots=True, kw_only=True)
class GCPToken(SubjectTokenSource):
    """An OpenID Connect token of the machine's default service account.

    Source: openai 3.54, `gcp_id_token_provider`; https://cloud.google.com/docs/authentication/get-id-token
    """

    kind: ClassVar = "gcp"

    audience: str = setting("https://api.openai.com/v1", help="Audience that the token is for.")

    def flow(self, context: FlowContext) -> SubjectFlow:
        request = google_token_request(context.endpoints.gcp_metadata_url, audience=self.audience)
        response = yield from asked(request, failed=_FAILED, cloud="Google Cloud")
        return SubjectToken(value=Secret(_token(response)), type="id")

    @property
    def reads(self) -> str:
        return "Google's metadata server"


def _token(response: TokenResponse) -> str:
    if not 200 <= response.status < 300:
        fix = "; check that the machine has a service account" if response.status == 404 else ""
        raise SubjectTokenUnavailable(f"{_FAILED}HTTP {response.status}{fix}.")
    token = response.body.decode("ascii", "replace").strip()
    if not token:
        raise SubjectTokenUnavailable(f"{_FAILED}GCP metadata server returned an empty token.")
    if not token.isprintable() or " " in token or "\ufffd" in token:
        raise SubjectTokenUnavailable(f"{_FAILED}its answer is no token, so something else answers there.")
    return token
