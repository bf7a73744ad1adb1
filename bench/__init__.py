"""Measurements of this checkout: `python -m bench`. See README.md for what each figure means."""
