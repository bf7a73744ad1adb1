"""Whether a body is JSON at all: a slip is told with its line before anything is sent.

Any JSON value passes, and the bytes are sent as they are. The library has no such check: there the service judges.
"""

from __future__ import annotations

import contextlib
import json
from typing import NoReturn

from connectory.errors import CallerError


def require_json(data: bytes, *, called: str) -> None:
    """Raises CallerError, with the place of the first thing that is wrong. `called` is the body's name."""
    if not data.strip():
        raise CallerError(f"The body {called} is no JSON: it is empty.")
    try:
        # Nested too deeply for us to look at, it is still JSON. Numbers of any length are, too.
        with contextlib.suppress(RecursionError):
            json.loads(data.decode(), parse_int=float, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise CallerError(f"The body {called} is no JSON: it is not UTF-8 text.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise CallerError(f"The body {called} is no JSON: {where} ({error.msg}).") from error
    except ValueError as error:
        raise CallerError(f"The body {called} is no JSON: {error}.") from error


def _refuse(constant: str) -> NoReturn:
    """NaN and Infinity, which Python's reader would take."""
    raise ValueError(f"it holds {constant}")
