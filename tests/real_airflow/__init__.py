"""A whole Airflow for tests: a PostgreSQL of its own, and its parts as the processes that they are in production.

    with postgres(folder) as database, RealAirflow(home, database, more) as airflow:
        run = airflow.rest.run("some_dag")
        assert run.state == "success"

Nothing of it is ours: Airflow's commands are started as an operator starts them, and asked over its REST API.
"""

from tests.real_airflow.parts import PARTS, RealAirflow
from tests.real_airflow.postgres import missing_postgres, postgres
from tests.real_airflow.rest import Rest, Run

__all__ = ["PARTS", "RealAirflow", "Rest", "Run", "missing_postgres", "postgres"]
