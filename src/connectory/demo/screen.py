"""What the visitor sees: text for a terminal, and the same without colours for everything else."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from connectory.demo import program
from connectory.demo.definitions import Definitions
from connectory.demo.face import GREETING
from connectory.demo.round import Outcome
from connectory.demo.service import Service
from connectory.demo.table import Table

_WIDEST = 100
"""Cells; longer lines are hard to read. Without a terminal, every line may be that long."""


class Screen:
    """Standard output. `is_terminal` says whether somebody sits there."""

    def __init__(self) -> None:
        self.is_terminal = sys.stdout.isatty()
        # Asked for in so many words, because variables such as FORCE_COLOR would have rich colour a pipe.
        self._console = Console(
            force_terminal=self.is_terminal,
            width=None if self.is_terminal else _WIDEST,
            highlight=False,
            markup=False,
            emoji=False,
        )
        if isinstance(sys.stdout, io.TextIOWrapper):  # an answer may hold letters that the terminal cannot show
            sys.stdout.reconfigure(errors="replace")

    def title(self) -> None:
        self._line(("connectory demo", "bold"), ": one model, three connections, and everything that can use them")

    def busy(self, what: str) -> contextlib.AbstractContextManager[object]:
        """While something goes on; only a terminal shows it."""
        if not self.is_terminal:
            return contextlib.nullcontext()
        return self._console.status(Text(what, "dim"), spinner="dots")

    def service(self, service: Service, azure: str) -> None:
        self._heading("The model")
        self._line(f"  {service.about}")
        self._line(f"  {service.url:<31}", ("speaks like OpenAI", "dim"))
        self._line(f"  {azure + '/openai':<31}", ("speaks like Azure OpenAI, with the same model", "dim"))

    def definitions(self, definitions: Definitions) -> None:
        self._heading("The connections")
        for definition in definitions.connections:
            self._line(f"  {definition.id}", (f" ({definition.dialect}, in {definition.place})", "dim"))
            for line in definition.text.splitlines():
                self._line((f"    {line}", "cyan"))
        self._line()
        self._line(
            ("  Each stands there once more with a URL that ends in /embeddings, for `run`.", "dim"),
        )

    def table(self) -> Table:
        self._heading("What they answer")
        table = Table(self._console, width=min(self._console.width, _WIDEST))
        table.head()
        return table

    def summary(self, made: Sequence[Outcome], seconds: float) -> None:
        failed = [outcome for outcome in made if outcome.reply is None]
        self._line()
        for outcome in failed:
            where = f", {outcome.call.definition.id}" if outcome.call.definition else ""
            self._line((f"{outcome.face.name}{where}, {outcome.call.name}: {outcome.error}", "red"))
        if failed:
            self._line((f"{len(failed)} of {len(made)} calls failed.", "bold red"))
        else:
            self._line((f"All {len(made)} calls answered", "bold green"), f" in {seconds:.1f} s.")

    def invitation(self, definitions: Definitions) -> None:
        self._heading("It stays up until you press Ctrl-C. In another terminal, try:")
        ids = [definition.id for definition in definitions.connections]
        for command in (
            f". {definitions.exports}",
            f'{program.typed()} chat {ids[0]} "{GREETING}" --stream',
            f"{program.typed()} connection test {ids[1]}",
        ):
            self._line((f"  {command}", "cyan"))

    def farewell(self) -> None:
        self._line()  # the terminal's own ^C stands where this would
        self._line("Stopped; nothing is left behind.")

    def _heading(self, text: str) -> None:
        self._line()
        self._line((text, "bold"))

    def _line(self, *parts: str | tuple[str, str]) -> None:
        self._console.print(Text.assemble(*parts), soft_wrap=True)
