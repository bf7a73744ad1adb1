"""A pytest plugin with which the unit tests of Apache's provider (2.2.0) run against `connectory.airflow.compat`.

Apache's own plugin (`tests_common`) is in no package registry; what those tests need of it is the log and asyncio.
They patch `OpenAI`, the SDK's class, in the module of Apache's hook: where they do, our hook's client is what they put
there, so that its methods are tried. Everything else that they patch stays without effect, and
test_apaches_own_tests.py says which tests fail for it.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any
from unittest.mock import NonCallableMock

import pytest

THEIRS, OURS = "airflow.providers.openai", "connectory.airflow.compat"


class Pointed(MetaPathFinder, Loader):
    """Gives our module for the name of each of theirs."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        is_theirs = name == THEIRS or name.startswith(f"{THEIRS}.")
        return spec_from_loader(name, self, is_package=True) if is_theirs else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return importlib.import_module(OURS + spec.name.removeprefix(THEIRS))

    def exec_module(self, module: ModuleType) -> None:
        """It is there already."""


sys.meta_path.insert(0, Pointed())


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "asyncio: a test that is a coroutine")
    _bridge()


def _bridge() -> None:
    import openai

    hooks: Any = importlib.import_module(f"{OURS}.hooks.openai")
    hooks.OpenAI, made = openai.OpenAI, hooks.OpenAIHook.get_conn
    hooks.OpenAIHook.get_conn = lambda self: hooks.OpenAI() if isinstance(hooks.OpenAI, NonCallableMock) else made(self)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: Any) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(autouse=True)
def _airflows_log_in_caplog() -> Iterator[None]:
    import airflow.sdk.log  # noqa: F401 (it sets structlog up)
    import structlog

    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.stdlib.PositionalArgumentsFormatter(), structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    yield
    structlog.configure(**before)
