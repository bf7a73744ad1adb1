"""Airflow's REST API, as far as tests ask it. Source: Airflow 3.3, `/api/v2`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx2

_ENDED = ("success", "failed")
_PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a DAG that has ended: the states of its tasks by their ids."""

    dag: str
    id: str
    state: str
    tasks: dict[str, str]


class Rest:
    """Asks Airflow at `url`, where everybody is an admin."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.Client(base_url=url, timeout=30, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def is_healthy(self) -> bool:
        """Whether every part has said lately that it is alive."""
        try:
            answer = self._client.get("/api/v2/monitor/health")
        except httpx2.TransportError:
            return False
        told = answer.json() if answer.is_success else {}
        return all((told.get(part) or {}).get("status") == "healthy" for part in _PARTS)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON. Fails with the answer if it is an error."""
        if "Authorization" not in self._client.headers:
            token = self._client.get("/auth/token").json()["access_token"]
            self._client.headers["Authorization"] = f"Bearer {token}"
        answer = self._client.request(method, f"/api/v2{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def wait_for_dag(self, dag: str, *, seconds: float = 120) -> None:
        """Until the DAG processor has read it. Fails with what is wrong in the files."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            wrong = self.ask("GET", "/importErrors")["import_errors"]
            assert not wrong, "\n".join(each["stack_trace"] for each in wrong)
            if dag in [each["dag_id"] for each in self.ask("GET", "/dags")["dags"]]:
                return
            time.sleep(0.5)
        raise TimeoutError(f"no DAG {dag}")

    def begin(self, dag: str, **params: Any) -> str:
        """Begins a run; gives its id."""
        self.wait_for_dag(dag)
        id: str = self.ask("POST", f"/dags/{dag}/dagRuns", {"logical_date": None, "conf": params})["dag_run_id"]
        return id

    def state(self, dag: str, run: str) -> str:
        state: str = self.ask("GET", f"/dags/{dag}/dagRuns/{run}")["state"]
        return state

    def tasks(self, dag: str, run: str) -> dict[str, str]:
        """The states of a run's tasks."""
        found = self.ask("GET", f"/dags/{dag}/dagRuns/{run}/taskInstances?limit=100")["task_instances"]
        return {each["task_id"]: each["state"] for each in found}

    def wait(self, dag: str, run: str, *, seconds: float = 180) -> Run:
        """Until the run has ended."""
        end = time.monotonic() + seconds
        while (state := self.state(dag, run)) not in _ENDED:
            assert time.monotonic() < end, f"{dag} is {state}: {self.tasks(dag, run)}"
            time.sleep(0.5)
        return Run(dag, run, state, self.tasks(dag, run))

    def run(self, dag: str, **params: Any) -> Run:
        """A run from its begin to its end."""
        return self.wait(dag, self.begin(dag, **params))

    def xcom(self, run: Run, task: str, key: str = "return_value") -> Any:
        """What a task has left behind."""
        path = (
            f"/dags/{run.dag}/dagRuns/{run.id}/taskInstances/{task}/xcomEntries/{key}?deserialize=false&stringify=false"
        )
        return self.ask("GET", path)["value"]

    def said(self, run: Run, task: str, *, number: int = 1) -> str:
        """The log of a task's try."""
        return str(
            self.ask("GET", f"/dags/{run.dag}/dagRuns/{run.id}/taskInstances/{task}/logs/{number}?full_content=true")
        )
