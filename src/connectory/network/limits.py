"""How long a use of a connection waits, how often it tries, how much it reads; and who said so (contract 6.4, 6.5)."""

from __future__ import annotations

import dataclasses
from enum import Enum

from connectory.connection import ClientSettings
from connectory.network.reasons import DEFAULT, Reason, Said, by_rules
from connectory.network_policy import RESPONSE_TIMEOUT, NetworkPolicy
from connectory.transport import EXCHANGE, RUN, SDK_CLIENT, STREAM, Timeouts, TransportSettings


class Use(Enum):
    """What a connection is used for; each has limits of its own."""

    SDK = SDK_CLIENT
    RUN = RUN
    STREAM = STREAM
    EXCHANGE = EXCHANGE


_ASKED = Reason(Said.ARGUMENT, "timeout")
_OWN_TIMEOUT = Reason(Said.CONNECTION, "client.timeout")
_OWN_RETRIES = Reason(Said.CONNECTION, "client.max_retries")


def limited(
    policy: NetworkPolicy, client: ClientSettings, use: Use, asked: float | None
) -> tuple[TransportSettings, dict[str, Reason]]:
    """The limits of one use. `asked` are the seconds that a caller of `run` or `stream` wants to wait."""
    settings: TransportSettings = use.value
    reasons = {"timeouts": DEFAULT, "retries": DEFAULT, "longest": DEFAULT}
    if use is Use.STREAM:
        settings, reasons["first_byte"] = _first_byte(policy, settings, asked)
    elif use is Use.RUN:
        settings, reasons["timeouts"] = _whole(policy, settings, asked)
        if policy.longest_answer is not None:
            settings = dataclasses.replace(settings, longest=policy.longest_answer)
            reasons["longest"] = by_rules(policy, "xpack.actions.maxResponseContentLength")
    if use is Use.EXCHANGE:
        return settings, reasons
    if client.timeout is not None:
        first_byte = client.timeout.read if use is Use.STREAM else None
        settings = dataclasses.replace(settings, timeouts=client.timeout, first_byte=first_byte)
        reasons["timeouts"] = _OWN_TIMEOUT
        if use is Use.STREAM:
            reasons["first_byte"] = _OWN_TIMEOUT
    if client.max_retries is not None:
        settings, reasons["retries"] = dataclasses.replace(settings, retries=client.max_retries), _OWN_RETRIES
    return settings, reasons


def _first_byte(
    policy: NetworkPolicy, settings: TransportSettings, asked: float | None
) -> tuple[TransportSettings, Reason]:
    """What a caller asks for is raised to the rule, and never lowers it."""
    if asked is not None and asked > policy.response_timeout:
        return dataclasses.replace(settings, first_byte=asked), _ASKED
    return dataclasses.replace(settings, first_byte=policy.response_timeout), _ruled(policy)


def _whole(policy: NetworkPolicy, settings: TransportSettings, asked: float | None) -> tuple[TransportSettings, Reason]:
    wanted = settings.timeouts.read if asked is None else asked
    if wanted is not None and wanted >= policy.response_timeout:
        by = DEFAULT if asked is None else _ASKED
    else:
        wanted, by = policy.response_timeout, _ruled(policy)
    if wanted == settings.timeouts.read:
        return settings, by
    return dataclasses.replace(settings, timeouts=Timeouts.within(wanted)), by


def _ruled(policy: NetworkPolicy) -> Reason:
    is_default = policy.response_timeout == RESPONSE_TIMEOUT
    return DEFAULT if is_default else by_rules(policy, "xpack.actions.responseTimeout")
