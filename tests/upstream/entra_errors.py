"""Entra's error bodies. Their shape: https://learn.microsoft.com/entra/identity-platform/reference-error-codes."""

import itertools
import time
from collections.abc import Iterator

from tests.upstream.messages import json_answer
from tests.upstream.openai_errors import Refused

_numbers: Iterator[int] = itertools.count(1)


def entra_error(code: int, error: str, text: str, *, status: int) -> Refused:
    number = next(_numbers)
    trace = f"00000000-0000-4000-a000-{number:012x}"
    correlation = f"00000000-0000-4000-b000-{number:012x}"
    now = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
    document = {
        "error": error,
        "error_description": f"AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}",
        "error_codes": [code],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={code}",
    }
    return Refused(json_answer(document, status=status))


def malformed(text: str) -> Refused:
    return entra_error(9002313, "invalid_request", f"Invalid request. {text}", status=400)


def missing(name: str) -> Refused:
    text = f"The request body must contain the following parameter: '{name}'."
    return entra_error(900144, "invalid_request", text, status=400)


def unknown_grant(name: str) -> Refused:
    text = f"The app requested an unsupported grant type '{name}'."
    return entra_error(70003, "unsupported_grant_type", text, status=400)


def unknown_tenant(tenant: str) -> Refused:
    text = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
    return entra_error(90002, "invalid_request", text, status=400)


def unknown_client(client_id: str, tenant: str) -> Refused:
    text = f"Application with identifier '{client_id}' was not found in the directory '{tenant}'."
    return entra_error(700016, "unauthorized_client", text, status=400)


def wrong_secret(client_id: str) -> Refused:
    text = (
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        f"the client secret ID, for a secret added to app '{client_id}'."
    )
    return entra_error(7000215, "invalid_client", text, status=401)


def without_proof() -> Refused:
    text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    return entra_error(7000218, "invalid_client", text, status=401)


def wrong_scope(scope: str) -> Refused:
    text = f"The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
    return entra_error(70011, "invalid_scope", text, status=400)


def wrong_assertion(code: int, text: str) -> Refused:
    return entra_error(code, "invalid_client", text, status=401)
