"""OpenAI's error bodies, word for word where a client could look at them."""

from tests.upstream.messages import Answer, Received, json_answer

_WITHOUT_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API "
    "from your browser and are prompted for a username and password. You can obtain an API key from "
    "https://platform.openai.com/account/api-keys."
)
_NO_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
    "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)
# What a status says when nothing but the status is known: message, type, code.
_BY_STATUS = {
    400: ("The request was not valid.", "invalid_request_error", None),
    401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    403: ("You are not allowed to sample from this model.", "invalid_request_error", None),
    404: ("The requested resource was not found.", "invalid_request_error", None),
    408: ("Request timed out.", "timeout", None),
    409: ("The resource was changed by another request.", "conflict_error", None),
    422: ("The request was well formed but could not be followed.", "invalid_request_error", None),
    429: ("Rate limit reached for requests. Please try again later.", "requests", "rate_limit_exceeded"),
    503: ("The engine is currently overloaded, please try again later.", "server_error", None),
}
_SERVER_ERROR = ("The server had an error while processing your request. Sorry about that!", "server_error", None)


class Refused(Exception):
    """The request gets this answer and is looked at no further."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def openai_error(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    param: str | None = None,
    code: str | None = None,
) -> Answer:
    return json_answer({"error": {"message": message, "type": kind, "param": param, "code": code}}, status=status)


def refusal(status: int) -> Answer:
    """The error body that OpenAI sends with a status."""
    message, kind, code = _BY_STATUS.get(status, _SERVER_ERROR)
    return openai_error(status, message, kind=kind, code=code)


def without_key() -> Answer:
    return openai_error(401, _WITHOUT_KEY)


def wrong_key(key: str) -> Answer:
    message = (
        f"Incorrect API key provided: {masked(key)}. "
        "You can find your API key at https://platform.openai.com/account/api-keys."
    )
    return openai_error(401, message, code="invalid_api_key")


def masked(key: str) -> str:
    """The first three and last four characters of a long key, and stars for the rest; a short one is all stars."""
    if len(key) < 16:
        return "*" * len(key)
    return key[:3] + "*" * (len(key) - 7) + key[-4:]


def no_json() -> Answer:
    return openai_error(400, _NO_JSON)


def missing_model() -> Answer:
    return openai_error(400, "you must provide a model parameter")


def missing(param: str) -> Answer:
    return openai_error(400, f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def stream_options_without_stream() -> Answer:
    message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
    return openai_error(400, message, param="stream_options")


def unknown_parameter(param: str) -> Answer:
    return openai_error(400, f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")


def unknown_model(name: str) -> Answer:
    message = f"The model `{name}` does not exist or you do not have access to it."
    return openai_error(404, message, code="model_not_found")


def unknown_file(file_id: str) -> Answer:
    return openai_error(404, f"No such File object: {file_id}", param="id")


def unknown_path(request: Received) -> Answer:
    return openai_error(404, f"Invalid URL ({request.method} {request.path})")


def wrong_method(request: Received) -> Answer:
    message = (
        f"Not allowed to {request.method} on {request.path} (HINT: Perhaps you meant to use a different HTTP method?)"
    )
    return openai_error(405, message, code="method_not_supported")
