"""A secrets backend: Airflow's connections out of connectory's configuration file, or its store.

    [secrets]
    backend = connectory.airflow.ConnectoryBackend
    backend_kwargs = {"config": "/etc/connectory/connectory.yml"}

Source of the interface: Airflow 3.3, `airflow.sdk.bases.secrets_backend`.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from connectory.airflow import releases

try:
    from airflow.sdk.bases.secrets_backend import BaseSecretsBackend
except ImportError:  # 3.0 and 3.1
    from airflow.secrets.base_secrets import BaseSecretsBackend  # type: ignore[assignment]

if TYPE_CHECKING:
    from connectory.catalog import Catalog

_log = logging.getLogger(__name__)

_MOST = 256
"""Connections that are kept at a time."""


class ConnectoryBackend(BaseSecretsBackend):
    """Gives Airflow the connections that connectory knows, in Airflow's words.

    :param config: the configuration file; by default `$CONNECTORY_CONFIG`, or that in `~/.connectory`.
    :param database_url: the store; by default `$CONNECTORY_DATABASE_URL`, or that in `~/.connectory`.
    :param cache_seconds: how long a connection that was read is given out again; 0 reads it anew each time.

    Airflow takes any error of a backend for "not here" and goes on to the next one without a word; what is wrong is
    therefore logged here as a warning that names this backend.
    """

    def __init__(self, config: str | None = None, database_url: str | None = None, cache_seconds: float = 30) -> None:
        if releases.is_first():
            raise RuntimeError(
                "connectory.airflow.ConnectoryBackend needs Airflow 3.1 or newer, and this is 3.0: take it out of "
                "`[secrets] backend`, and import what `connectory connection export --to airflow` writes."
            )
        super().__init__()
        for name, given in (("config", config), ("database_url", database_url)):
            if given is not None and not isinstance(given, str):
                raise TypeError(f"`{name}` of `backend_kwargs` must be text, not {given!r}")
        self._config = config
        self._database_url = database_url
        try:
            self._seconds = float(cache_seconds)
        except (TypeError, ValueError):
            raise ValueError(f"`cache_seconds` of `backend_kwargs` must be a number, not {cache_seconds!r}") from None
        self._kept: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._forget_lock()
        if hasattr(os, "register_at_fork"):  # a thread that stayed in the parent may have held it
            os.register_at_fork(after_in_child=self._forget_lock)

    def _forget_lock(self) -> None:
        self._lock = threading.Lock()

    def get_conn_value(self, conn_id: str, team_name: str | None = None) -> str | None:
        """The connection as JSON, which Airflow reads; None for one that is not known here."""
        now = time.monotonic()
        with self._lock:
            until, kept = self._kept.get(conn_id, (0.0, ""))
            if now < until:
                return kept
        value = self._read(conn_id)
        if value is None:
            return None
        with self._lock:
            self._kept[conn_id] = (now + self._seconds, value)
            self._kept.move_to_end(conn_id)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return value

    def _read(self, conn_id: str) -> str | None:
        from connectory.dialects import airflow
        from connectory.errors import ConnectionNotFound, ConnectoryError
        from connectory.keeping.exports import at_hand

        try:
            return json.dumps(airflow.write(at_hand(self._catalog().find(conn_id), all_of_them=True)))
        except ConnectionNotFound:
            return None
        except ConnectoryError as error:
            _log.warning("connectory's secrets backend has no connection %r to give: %s", conn_id, error)
            raise

    def _catalog(self) -> Catalog:
        """What connectory knows but for AIRFLOW_CONN_ variables, which are Airflow's own to read."""
        from connectory.catalog import Catalog

        environ = {name: value for name, value in os.environ.items() if not name.upper().startswith("AIRFLOW_CONN_")}
        return Catalog.open(environ, config=self._config, database_url=self._database_url)
