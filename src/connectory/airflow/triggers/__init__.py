"""Triggers: they wait in Airflow's triggerer, and never hold its event loop up."""
