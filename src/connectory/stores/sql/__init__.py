"""A store in a database: SQLite, or PostgreSQL where many share one.

Only this folder imports SQLAlchemy and Alembic.
"""
