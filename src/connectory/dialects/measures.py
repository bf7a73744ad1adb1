"""Durations and sizes as people write them in settings (`60s`, `1mb`), and texts of which one needs no list.

Source: kibana.yml, https://www.elastic.co/docs/reference/kibana/configuration-reference/alerting-settings
"""

from __future__ import annotations

import re
from typing import Any, NewType

from connectory.dialects.plain_values import Wrong, texts

Duration = NewType("Duration", float)
"""Seconds."""

ByteSize = NewType("ByteSize", int)
"""Bytes."""

OneOrMany = NewType("OneOrMany", tuple[str, ...])
"""Texts; one may stand without a list."""

MEASURE_SCHEMA = {"type": ["string", "integer"]}

LONGEST_WAIT = 365 * 86_400
"""Seconds. Operating systems wait no longer than some decades, and whoever means for ever can say so."""

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_BYTES = {"b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}

_NO_DURATION = "must be a duration, as `60s`, `5m`, `1h`, `1d` or `500ms`; a bare number is of milliseconds"
_NO_SIZE = "must be a size, as `1mb`, `512kb` or `1048576b`; a bare number is of bytes"


def a_duration(value: Any) -> Duration:
    """Seconds. Raises Wrong."""
    seconds = _measured(value, _SECONDS, "ms", _NO_DURATION)
    if seconds > LONGEST_WAIT:
        raise Wrong.because("must be a year (`365d`) at most")
    return Duration(seconds)


def bare_milliseconds(value: Any) -> str | None:
    """What to say of a bare number of less than a second, which may be meant as one of seconds; None for all else."""
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,3}", text) or not int(text):
        return None
    return f"is {int(text) * 0.001:g} s: a bare number is of milliseconds; write `{text}s` if seconds are meant"


def a_size(value: Any) -> ByteSize:
    """Bytes. Raises Wrong."""
    return ByteSize(int(_measured(value, _BYTES, "b", _NO_SIZE)))


def one_or_many(value: Any) -> OneOrMany:
    """One text, or a list of them. Raises Wrong."""
    return OneOrMany(texts([value] if isinstance(value, str) else value))


def _measured(value: Any, units: dict[str, Any], bare: str, wrong: str) -> float:
    text = "" if isinstance(value, bool) or not isinstance(value, int | str) else str(value).strip()
    found = re.fullmatch(r"([0-9]{1,12})([A-Za-z]*)", text) if len(text) < _LONGEST else None
    unit = found and units.get(found[2].lower() or bare)
    if not found or not unit:
        raise Wrong.because(wrong)
    if not int(found[1]):
        raise Wrong.because("must be more than 0")
    return float(int(found[1]) * unit)


_LONGEST = 20
