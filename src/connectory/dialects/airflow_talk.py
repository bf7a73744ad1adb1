"""What Airflow's commands say beside what they were asked for, on the same standard output.

`airflow connections export -` ends with how many it has exported, and may begin with lines of its log.
Source: apache-airflow 3.0.6 to 3.3.2, `cli/commands/connection_command.py`, and both forms of its log.
"""

from __future__ import annotations

import re

_TALK = re.compile(
    r"""^(?:
        \d{4}-\d\d-\d\d[T ][\d:.]{5,20}[Z+\d:]{0,8}[ ]\[[a-z]{3,10}[ ]{0,10}\][ ].*
        | \[\d{4}-\d\d-\d\d[T ][^\]\n]{5,30}\][ ]\{[^}\n]{1,200}\}[ ][A-Z]{3,10}[ ]-[ ].*
        | \S{1,1000}\.py:\d{1,6}:?[ ]\w{0,40}Warning:[ ].*
        | \d{1,9}[ ]Connections?[ ]successfully[ ]exported.*
    )$""",
    re.MULTILINE | re.VERBOSE | re.IGNORECASE,
)


def without_talk(text: str) -> str:
    """The text with empty lines in the place of such lines. In JSON and YAML none can be part of a connection."""
    return _TALK.sub("", text)
