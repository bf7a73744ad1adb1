"""docs/credentials.md holds every setting of credentials, TLS and proxies, as the kinds declare it and as each dialect
calls it, and its examples are read by the dialects that they are written for."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectory.catalog import Catalog
from connectory.connection import ClientSettings, Connection
from connectory.credentials import CREDENTIALS, DEFAULT_KIND
from connectory.dialects import airflow, airflow_keys, kibana_connector
from connectory.dialects.flat_names import AUTH_TYPE, SOURCE, FlatCredential
from connectory.dialects.operator_settings import IdentitySettings, OperatorSettings
from connectory.dialects.plain_values import Gathering
from connectory.dialects.words import listed
from connectory.secret import Secret
from connectory.setting import Setting, settings_of
from connectory.subject_token import SubjectTokenSource
from connectory.subject_tokens import SOURCES
from connectory.tls import TLSSettings
from connectory.transport import NetworkSettings

PAGE = Path(__file__).parents[2] / "docs" / "credentials.md"

THREE_DIALECTS = ("our key", "Airflow's", "Elastic's", "default", "meaning")
OURS_ALONE = ("our key", "default", "meaning")
NOTHING = "-"
ELSEWHERE = ("default_model", "network", "usage")
"""What the operator says that has nothing to do with this page."""

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A code block of the page: where it stands, and in which language it is."""

    heading: str
    language: str
    text: str


def table(titles: Row, rows: list[Row]) -> str:
    lines = [titles, ("---",) * len(titles), *rows]
    return (
        "\n".join("| " + " | ".join(cells) + " |" for cells in lines).replace("| --- ", "|---").replace("--- |", "---|")
    )


def code(value: str | None) -> str:
    return f"`{value}`" if value else NOTHING


def default_of(setting: Setting) -> str:
    if setting.required:
        return "required"
    match setting.default:
        case bool(value):
            return code(str(value).lower())
        case int(value) | float(value):
            return code(f"{value:g}")
        case str(value):
            return code(value)
        case tuple(values):
            return listed(values) or NOTHING
    return NOTHING


def meaning_of(setting: Setting) -> str:
    choices = f"One of {listed(setting.choices)}." if setting.choices else ""
    minimum = f"{setting.minimum:g} or more." if setting.minimum is not None else ""
    return " ".join(filter(None, (setting.help, choices, minimum, "*Secret.*" if setting.type is Secret else "")))


def in_airflow(kind: str, source: str | None) -> Mapping[str, str]:
    """Where Airflow's connection has the parts of our document, for one kind of credential."""
    arguments = {f"credential.{name}": f"extra.openai_client_kwargs.{name}" for name in settings_of(ClientSettings)}
    flat = FlatCredential(kind, {AUTH_TYPE: kind, SOURCE: source}, Gathering(), at=lambda key: f"extra.{key}")
    return {**(arguments if kind == DEFAULT_KIND else {}), **airflow_keys.PATHS, **flat.paths}


def in_elastic(kind: str, source: str | None) -> Mapping[str, str]:
    """The same in Elastic's connector."""
    entry = {"config": {AUTH_TYPE: kind, SOURCE: source}}
    return {**kibana_connector.PATHS, **kibana_connector.Translation(entry, None).paths}


def row(place: str, setting: Setting, kind: str = DEFAULT_KIND, source: str | None = None) -> Row:
    names = (place, in_airflow(kind, source).get(place), in_elastic(kind, source).get(place))
    return (*map(code, names), default_of(setting), meaning_of(setting))


def asked_for(place: str, name: str, default: str, kind: str, source: str | None = None) -> Row:
    """The row of the key that asks for what the table is of."""
    names = (place, in_airflow(kind, source).get(place), in_elastic(kind, source).get(place))
    return (*(code(f"{path}: {name}") for path in names), default, f"Asks for this {'source' if source else 'kind'}.")


def settings(kind: type) -> Mapping[str, Setting]:
    return settings_of(kind)


def rows_of_kind(kind: str) -> Iterator[Row]:
    yield asked_for("credential.kind", kind, code(DEFAULT_KIND), kind)
    for name, setting in settings(CREDENTIALS.kind(kind)).items():
        inner = ".kind" if setting.type is SubjectTokenSource else ""
        yield row(f"credential.{name}{inner}", setting, kind)


def rows_of_source(source: str) -> Iterator[Row]:
    kind, place = next(
        (kind, f"credential.{name}")
        for kind in CREDENTIALS.names
        for name, setting in settings(CREDENTIALS.kind(kind)).items()
        if setting.type is SubjectTokenSource
    )
    yield asked_for(f"{place}.kind", source, "required", kind, source)
    for name, setting in settings(SOURCES.kind(source)).items():
        yield row(f"{place}.{name}", setting, kind, source)


def rows_of_operator() -> Iterator[Row]:
    for name, setting in settings_of(OperatorSettings).items():
        if setting.type is IdentitySettings:
            for inner, its in settings_of(IdentitySettings).items():
                yield code(f"connectory.{name}.{inner}"), default_of(its), meaning_of(its)
        elif name not in ELSEWHERE:
            yield code(f"connectory.{name}"), default_of(setting), meaning_of(setting)


def rows_of_kinds() -> Iterator[Row]:
    for name in CREDENTIALS.names:
        kind = CREDENTIALS.kind(name)
        summary = (inspect.getdoc(sys.modules[kind.__module__]) or "").partition("\n\n")[0]
        yield code(name), listed(sorted(kind.providers)), " ".join(summary.split())


def wanted() -> dict[str, str]:
    """Every table of the page by the heading that it stands below."""
    tables = {"Kinds of credentials": table(("kind", "providers", "what it is"), list(rows_of_kinds()))}
    tables |= {f"The kind `{name}`": table(THREE_DIALECTS, list(rows_of_kind(name))) for name in CREDENTIALS.names}
    tables |= {f"The source `{name}`": table(THREE_DIALECTS, list(rows_of_source(name))) for name in SOURCES.names}
    parts: Mapping[str, type] = {"tls": TLSSettings, "network": NetworkSettings}
    for part, of in parts.items():
        rows = [row(f"{part}.{name}", setting) for name, setting in settings(of).items()]
        tables[f"The section `{part}`"] = table(THREE_DIALECTS, rows)
    return tables | {"What the operator says": table(OURS_ALONE, list(rows_of_operator()))}


def sections() -> dict[str, str]:
    """What stands below every heading of the page, up to the next."""
    found: dict[str, str] = {}
    heading, in_block = "", False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        in_block ^= line.startswith("```")
        if line.startswith("#") and not in_block:
            heading = line.lstrip("# ")
        else:
            found[heading] = f"{found.get(heading, '')}{line}\n"
    return found


def tables() -> dict[str, str]:
    rows = {heading: re.findall(r"^\|.*", text, re.M) for heading, text in sections().items()}
    return {heading: "\n".join(lines) for heading, lines in rows.items() if lines}


def examples(language: str) -> list[Example]:
    return [
        Example(heading, language, text)
        for heading, section in sections().items()
        for text in re.findall(rf"^```{language}\n(.*?)^```$", section, re.M | re.S)
    ]


def connections_in(example: Example, folder: Path) -> list[Connection]:
    """Read by the dialect that it is written for. Raises DocumentError."""
    if example.language == "json":
        return [airflow.read("example", example.text)]
    file = folder / "connectory.yml"
    file.write_text(example.text, encoding="utf-8")
    catalog = Catalog.open({}, config=file)
    return [catalog.find(entry.id) for entry in catalog.entries()]


def below(heading: str, language: str, folder: Path) -> list[Connection]:
    found = [example for example in examples(language) if example.heading == heading]
    return [connection for example in found for connection in connections_in(example, folder)]


@pytest.mark.parametrize("heading", wanted())
def test_a_table_holds_what_the_settings_and_the_dialects_say(heading: str) -> None:
    table = wanted()[heading]
    assert tables().get(heading) == table, f"below the heading {heading!r}, {PAGE.name} should hold\n\n{table}\n"


def test_there_is_no_other_table() -> None:
    assert [heading for heading in tables() if heading not in wanted()] == []


@pytest.mark.parametrize("kind", CREDENTIALS.names)
def test_every_kind_has_an_example_in_our_words(kind: str, tmp_path: Path) -> None:
    found = below(f"The kind `{kind}`", "yaml", tmp_path)
    assert {connection.credential.kind for connection in found} == {kind}


@pytest.mark.parametrize("source", SOURCES.names)
def test_every_source_has_an_example_in_airflows_words(source: str, tmp_path: Path) -> None:
    found: list[Any] = [connection.credential for connection in below(f"The source `{source}`", "json", tmp_path)]
    assert {credential.source.kind for credential in found} == {source}


def test_a_client_certificate_has_an_example_in_elastics_words(tmp_path: Path) -> None:
    [example] = [example for example in examples("yaml") if ".gen-ai" in example.text]
    [connection] = connections_in(example, tmp_path)
    assert None not in (connection.tls.certificate, connection.tls.private_key, connection.tls.ca)


@pytest.mark.parametrize(
    "example", [pytest.param(each, id=each.heading) for each in [*examples("yaml"), *examples("json")]]
)
def test_an_example_is_read_without_warnings(example: Example, tmp_path: Path) -> None:
    assert [connection.warnings for connection in connections_in(example, tmp_path) if connection.warnings] == []


def test_the_function_of_the_example_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [function] = examples("python")
    (tmp_path / "our_tokens.py").write_text(function.text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    [connection] = below("The source `custom`", "json", tmp_path)
    connection.credential.prepare()


def test_lines_of_prose_are_short() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 160 and not line.startswith("|")] == []
