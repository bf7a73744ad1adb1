"""The environment that the demo lives in: the visitor's, less what would change what is shown."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping

_LEFT_OUT = re.compile(
    r"CONNECTORY_.*|AIRFLOW_.*|OPENAI_.*|AZURE_OPENAI_.*|(https?|all|no)_proxy|FORCE_COLOR|PYTHON_COLORS", re.IGNORECASE
)
"""The visitor's own connections and configuration, proxies, which have no way to loopback, and colours in a pipe."""


@contextlib.contextmanager
def own_surroundings() -> Iterator[None]:
    """Inside, this process and the programs that it starts see nothing of the visitor's own."""
    before = dict(os.environ)
    try:
        _become({name: value for name, value in before.items() if not _LEFT_OUT.fullmatch(name)})
        yield
    finally:
        _become(before)


def _become(environ: Mapping[str, str]) -> None:
    for name in os.environ.keys() - environ.keys():
        del os.environ[name]
    os.environ.update(environ)
