"""The shell. One command a file; `app.py` puts them together.

A command imports what it works with when it runs, not before: `connectory --help` is answered without any of it.
"""

from connectory.cli import plain_typer

plain_typer.load()  # before anything else imports Typer

from connectory.cli.app import main  # noqa: E402

__all__ = ["main"]
