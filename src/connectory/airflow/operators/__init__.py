"""Operators: tasks that ask a model for something."""
