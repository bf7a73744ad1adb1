"""docs/network.md holds every setting of the network, as it is declared, and its examples are read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectory.catalog import Catalog
from connectory.dialects import configuration
from connectory.dialects.actions_settings import ActionsSettings, HostMail
from connectory.dialects.measures import Duration
from connectory.dialects.operator_settings import NetworkRules
from connectory.dialects.reading import kind_in_list, kind_in_map
from connectory.network.limits import Use
from connectory.network.resolve import resolve
from connectory.setting import Setting, settings_of
from tests.unit.test_credential_docs import code, default_of, meaning_of, table

PAGE = Path(__file__).parents[2] / "docs" / "network.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.M | re.S)

Row = tuple[str, ...]


def rows_of(kind: Any, place: str) -> Iterator[Row]:
    """Rows of its settings, and of those inside; of what is for mail, and of old names, one is enough."""
    for setting in settings_of(kind).values():
        at = f"{place}.{setting.key}"
        inner, step = inside(setting)
        if inner is None or inner is HostMail or setting.help.startswith("Old name"):
            yield code(at), default(setting), meaning(setting)
        else:
            yield from rows_of(inner, f"{at}{step}")


def inside(setting: Setting) -> tuple[Any, str]:
    """The kind that a setting is made of, and how its path goes on."""
    if kind := kind_in_list(setting.type):
        return (kind, "[]") if dataclasses.is_dataclass(kind) else (None, "")
    if kind := kind_in_map(setting.type):
        return (kind, ".TYPE") if dataclasses.is_dataclass(kind) else (None, "")
    return (setting.type, "") if dataclasses.is_dataclass(setting.type) else (None, "")


def default(setting: Setting) -> str:
    is_measured = setting.type is Duration and setting.default is not None
    return code(f"{setting.default:g}s") if is_measured else default_of(setting)


def meaning(setting: Setting) -> str:
    most = "" if setting.maximum is None else f" {setting.maximum:g} or less."
    return meaning_of(setting) + most


WANTED = {
    "Elastic's settings": (ActionsSettings, "xpack.actions"),
    "Our settings": (NetworkRules, "connectory.network"),
}


@pytest.mark.parametrize("heading", WANTED)
def test_a_table_holds_what_the_settings_say(heading: str) -> None:
    wanted = table(("setting", "default", "meaning"), list(rows_of(*WANTED[heading])))
    below = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    assert "\n".join(re.findall(r"^\|.*", below, re.M)) == wanted, f"below {heading!r} should stand\n\n{wanted}\n"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_read_without_warnings(example: str, tmp_path: Path) -> None:
    file = tmp_path / "connectory.yml"
    file.write_text(example, encoding="utf-8")
    assert configuration.read(file).warnings == ()
    assert [entry.problems for entry in Catalog.open({}, config=file).entries() if entry.problems] == []


def test_the_example_does_what_the_page_says(tmp_path: Path) -> None:
    file = tmp_path / "connectory.yml"
    file.write_text(EXAMPLES[0], encoding="utf-8")
    catalog = Catalog.open({"CONNECTORY_HOME": str(tmp_path)}, config=file)
    openai, inside = (catalog.find(id) for id in ("openai", "inside"))
    outward, inward = (resolve(each, each.url, Use.RUN) for each in (openai, inside))
    assert outward.settings.proxy is not None
    assert (outward.settings.proxy.url, inward.settings.proxy) == ("http://proxy.corp.example:3128", None)
    trusts = [([ca.place for ca in way.settings.trust.cas], way.settings.trust.alone) for way in (outward, inward)]
    assert trusts == [(["connectory.network.ca"], False), (["tls.ca"], True)]
    assert resolve(openai, "https://elsewhere.example", Use.RUN).refusal is not None


def test_lines_of_prose_are_short() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > 160 and not line.startswith("|")] == []
