"""connectory schema: the JSON Schema of the configuration file."""

from __future__ import annotations

from connectory.cli.options import Json
from connectory.cli.output import print_json


def schema(json: Json = False) -> None:
    """Print the JSON Schema of the configuration file.

    It is JSON with --json and without.

    \b
    Example: let an editor check and complete connectory.yml
      connectory schema > connectory.schema.json
      # first line of connectory.yml:
      # yaml-language-server: $schema=connectory.schema.json
    """
    from connectory.dialects.schema import configuration_schema

    print_json(configuration_schema())
