"""What a call of the SDK failed of, in our words: its own error of the network says `Connection error.`, no place."""

from __future__ import annotations

import httpx2

from connectory.connection import Connection
from connectory.engine.failures import network_error
from connectory.engine.session import limits
from connectory.errors import ConnectoryError, causes_of
from connectory.network.limits import Use
from connectory.network.resolve import resolve


def failure_of(error: BaseException, connection: Connection) -> ConnectoryError | None:
    """Our error among the causes, or one for the HTTP client's; None where the service has answered."""
    for cause in causes_of(error):
        if isinstance(cause, ConnectoryError):
            return cause
        if isinstance(cause, httpx2.TransportError):
            url = connection.address.base_url
            settings = resolve(connection, url, Use.SDK).settings
            return network_error(cause, url, limits(settings.timeouts).as_dict(), settings.proxy)
    return None
