"""The table of models: the shipped one, and one that an operator names."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openai.types.shared.chat_model as sdk
import pytest

from connectory.dialects.model_table import ModelTable, read, shipped_default_model, shipped_table
from connectory.errors import DocumentError

Write = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        (tmp_path / "models.yml").write_text(text, encoding="utf-8")
        return tmp_path / "models.yml"

    return write


def problems(path: Path) -> list[tuple[str, str]]:
    with pytest.raises(DocumentError) as caught:
        read(path)
    assert caught.value.subject == str(path)
    return [(problem.path, problem.message) for problem in caught.value.problems]


def announced() -> dict[str, date]:
    """What the SDK's own list of models says of their ends."""
    text = " ".join(Path(sdk.__file__).read_text(encoding="utf-8").partition("Deprecated values:")[2].split())
    found: dict[str, date] = {}
    for names, day in re.findall(r'- ("[^:]*"): Announced shutdown date: (\d{4}-\d\d-\d\d)', text):
        found |= dict.fromkeys(re.findall(r'"([^"]+)"', names), date.fromisoformat(day))
    return found


def test_every_shutdown_that_the_sdk_announces_is_in_the_shipped_table() -> None:
    shipped = shipped_table().shutdowns
    assert len(announced()) > 50
    assert {id: shipped.get(id) for id in announced()} == announced()


def test_shipped_table_can_be_read_as_an_operators() -> None:
    import connectory

    table = read(Path(connectory.__file__).parent / "models.json")
    assert table == shipped_table()
    assert table.source
    assert table.dated
    assert table.default == shipped_default_model()
    assert table.default not in table.shutdowns


def test_table_of_an_operator_is_read(written: Write) -> None:
    path = written("source: our own\nmodels: [{id: a, default: true}, {id: b, shutdown: 2027-01-14}, {id: c}]")
    assert read(path) == ModelTable(source="our own", default="a", shutdowns={"b": date(2027, 1, 14)})


def test_every_problem_has_its_place(written: Write) -> None:
    text = """
        source: [x]
        modles: []
        models:
          - {id: a, default: true}
          - {id: a, default: true, shutdown: 2027-01-14}
          - {id: 1, shutdown: 14.1.2027}
          - b
          - {id: c, shutdown: 20270114, sunset: x, default: soon}
          - {id: d, shutdown: "2027-02-30"}
    """
    assert problems(written(text)) == [
        ("modles", "is no key that is known here; did you mean `models`?"),
        ("source", "must be text, not a list"),
        ("models.1.default", "must not be a model that is shut down"),
        ("models.2.id", "is required: the name of a model, as text"),
        ("models.2.shutdown", "must be a day, as `2027-01-14`"),
        ("models.3", "must be an object with `id`, not text"),
        ("models.4.sunset", "is no key that is known here; known: `id`, `default`, `shutdown`"),
        ("models.4.default", "must be true or false"),
        ("models.4.shutdown", "must be a day, as `2027-01-14`"),
        ("models.5.shutdown", "must be a day, as `2027-01-14`"),
        ("models.1.id", "stands in `models.0` already"),
        ("models.1.default", "is true in `models.0` already, and one is the default"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", ("", "must hold an object with `models`, not a list")),
        ("{}", ("models", "must be a list of objects with `id`, not null")),
    ],
)
def test_what_is_no_table_is_refused(text: str, problem: tuple[str, str], written: Write) -> None:
    assert problems(written(text)) == [problem]


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert problems(tmp_path / "models.yml") == [("", "cannot be read: no such file or directory")]
