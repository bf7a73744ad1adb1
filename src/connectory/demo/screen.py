"""What the visitor sees: text for a terminal, and the same without colours for everything else."""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from connectory.demo import program
from connectory.demo.definition import Address, Definition
from connectory.demo.definitions import Definitions
from connectory.demo.face import GREETING
from connectory.demo.round import Outcome
from connectory.demo.service import Service
from connectory.demo.table import Table

_WIDEST = 100
"""Cells; longer rows are hard to read."""


class Screen:
    """Standard output. `is_terminal` says whether somebody sits there."""

    def __init__(self) -> None:
        self.is_terminal = sys.stdout.isatty()
        # Asked for in so many words, because variables such as FORCE_COLOR would have rich colour a pipe.
        self._console = Console(
            force_terminal=self.is_terminal,
            # Without one, COLUMNS or 80: rich itself would ask the terminal that standard input is.
            width=None if self.is_terminal else shutil.get_terminal_size().columns,
            highlight=False,
            markup=False,
            emoji=False,
        )
        if isinstance(sys.stdout, io.TextIOWrapper):  # an answer may hold letters that the terminal cannot show
            sys.stdout.reconfigure(errors="replace")

    def title(self) -> None:
        self._line(("connectory demo", "bold"), ": one model, five connections, and everything that can use them")

    def busy(self, what: str) -> contextlib.AbstractContextManager[object]:
        """While something goes on; only a terminal shows it."""
        if not self.is_terminal:
            return contextlib.nullcontext()
        return self._console.status(Text(what, "dim"), spinner="dots")

    def service(self, service: Service, definitions: Sequence[Definition]) -> None:
        self._heading("The model")
        self._line(f"  {service.about}")
        addresses = [address for definition in definitions for address in definition.addresses]
        for address in (Address(service.url, "speaks like OpenAI"), *addresses):
            self._line(f"  {address.url:<36}", (address.about, "dim"))

    def definitions(self, definitions: Definitions) -> None:
        self._heading("The connections")
        for definition in definitions.connections:
            self._line(f"  {definition.id}", (f" ({definition.dialect}, in {definition.place})", "dim"))
            self._written(definition.text)
            if definition.operator:
                self._line(("    and for all that exchange a token, in connectory.yml", "dim"))
                self._written(definition.operator)
        twins = [definition.embeddings_id for definition in definitions.connections]
        self._line()
        self._line(
            (f"  That makes {2 * len(twins)} in `connectory connection list`: each is there once more, with", "dim")
        )
        self._line(("  a URL that ends in /embeddings, where `run` then posts:", "dim"))
        for line in textwrap.wrap(", ".join(twins), 78, break_on_hyphens=False):
            self._line((f"  {line}", "dim"))

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
        self._exchanges(made)

    def invitation(self, definitions: Definitions) -> None:
        self._heading("It stays up until you press Ctrl-C. In another terminal, try:")
        ids = [definition.id for definition in definitions.connections]
        for command in (
            f". {definitions.exports}",
            f'{program.typed()} chat {ids[0]} "{GREETING}" --stream',
            f"{program.typed()} connection test {ids[1]}",
            f"{program.typed()} connection test {ids[3]}",
        ):
            self._verbatim(f"  {command}")

    def no_terminal(self) -> None:
        self._line("Ended after one round: this is no terminal. On one it stays up.")

    def _exchanges(self, made: Sequence[Outcome]) -> None:
        by_face = Counter[str]()
        for outcome in made:
            by_face[outcome.face.name] += outcome.exchanges
        told = ", ".join(f"{face} {count}" for face, count in by_face.items())
        self._line(f"{by_face.total()} exchanges for tokens: {told}.")
        self._line(("A program keeps its token, and each command of the shell is a program.", "dim"))

    def farewell(self) -> None:
        self._line()  # the terminal's own ^C stands where this would
        self._line("Stopped; nothing is left behind.")

    def _heading(self, text: str) -> None:
        self._line()
        self._line((text, "bold"))

    def _line(self, *parts: str | tuple[str, str]) -> None:
        """Words, which a narrow terminal gets on several lines."""
        self._console.print(Text.assemble(*parts), soft_wrap=not self.is_terminal)

    def _written(self, text: str) -> None:
        for line in text.splitlines():
            self._verbatim(f"    {line}")

    def _verbatim(self, text: str) -> None:
        """What a visitor may copy: it is never broken."""
        self._console.print(Text(text, "cyan"), soft_wrap=True)
