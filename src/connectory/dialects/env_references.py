"""`${NAME}` in a `kibana.yml`: Kibana puts the variable's value there when it starts, before it looks at any setting.

Source: https://www.elastic.co/docs/reference/kibana/configuration-reference/general-settings. What is whole and secret
becomes a reference that is read when it is needed, as `{env: NAME}` is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectory.dialects.plain_values import Gathering
from connectory.dialects.words import below, key_of

_REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*)(?::([^{}]*))?\}")
_SECRET = re.compile(r"xpack\.actions\.(preconfigured\..*\.secrets|proxyHeaders)\..*")


def expanded(value: Any, at: str, environ: Mapping[str, str] | None, kept: Gathering) -> Any:
    """The same with the values of variables in it. Without an environment only what is secret may refer to it.

    What cannot be replaced is a problem, and stays as it is.
    """
    if not _refers(value):
        return value
    if isinstance(value, Mapping):
        return {key: expanded(inner, below(at, key_of(key)), environ, kept) for key, inner in value.items()}
    if isinstance(value, list):
        return [expanded(inner, below(at, str(index)), environ, kept) for index, inner in enumerate(value)]
    whole = _REFERENCE.fullmatch(value)
    if whole and whole[2] is None and _SECRET.fullmatch(at):
        return {"env": whole[1]}
    return _replaced(value, at, environ, kept)


def _refers(value: Any) -> bool:
    """Whether there is anything to replace, which costs less to see than to go there with a path."""
    if isinstance(value, Mapping):
        return any(map(_refers, value.values()))
    if isinstance(value, list):
        return any(map(_refers, value))
    return isinstance(value, str) and "${" in value


def _replaced(text: str, at: str, environ: Mapping[str, str] | None, kept: Gathering) -> str:
    for found in _REFERENCE.finditer(text):
        if environ is None:
            kept.problem(at, f"holds `{found[0]}`, and no variable is read here: write what it stands for")
        elif found[1] not in environ and found[2] is None:
            kept.problem(at, f"holds `{found[0]}`, and there is no variable {found[1]}: set it, or write the value")
    if environ is None:
        return text
    return _REFERENCE.sub(lambda found: environ.get(found[1], found[2] or ""), text)
