"""Triggers: they wait in Airflow's triggerer, and never hold its event loop up."""

import connectory.airflow.releases  # noqa: F401 (says at once where they cannot be)
