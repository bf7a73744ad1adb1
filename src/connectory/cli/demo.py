"""connectory demo: everything at work, with a service of its own."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after one round.")] = False,
    embedded: Annotated[
        bool, typer.Option("--embedded", help="Do without a language model, even if one is installed.")
    ] = False,
) -> None:
    """See it at work: three connections to a service of the demo's own, used from Python and from the shell.

    Nothing leaves this machine, no key is needed, and your own connections are left alone.

    \b
    Examples:
      connectory demo
      connectory demo --once | less
    """
    from connectory.demo.show import show

    raise typer.Exit(show(once=once, embedded=embedded))
