"""Azure's error bodies: what its gateway refuses has a code and a message; faults of a body look like OpenAI's."""

from tests.upstream import openai_errors
from tests.upstream.messages import Answer, Received, json_answer

_DENIED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)
_NO_DEPLOYMENT = (
    "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
    "please wait a moment and try again."
)
_BY_STATUS = {
    401: _DENIED,
    403: "Access denied due to Virtual Network/Firewall rules.",
    404: "Resource not found",
    408: "The operation was timeout.",
    429: "Requests have exceeded call rate limit of your current OpenAI S0 pricing tier. Please retry after 1 second.",
    500: "Internal server error",
    503: "Service temporarily unavailable",
}


def azure_error(status: int, code: str, message: str) -> Answer:
    return json_answer({"error": {"code": code, "message": message}}, status=status)


def refusal(status: int) -> Answer:
    """The error body that Azure sends with a status; the code of it is the status as text."""
    if status in (400, 409, 422):
        return openai_errors.refusal(status)
    return azure_error(status, str(status), _BY_STATUS.get(status, "Internal server error"))


def unknown_path(_: Received) -> Answer:
    return refusal(404)


def unknown_deployment(_: str) -> Answer:
    return azure_error(404, "DeploymentNotFound", _NO_DEPLOYMENT)
