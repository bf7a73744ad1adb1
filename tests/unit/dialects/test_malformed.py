"""Documents that people get wrong: everything wrong with each is said at once, at its place, and no secret is repeated.

`words` says whose words a document is in; a file and a variable are the text of a configuration file and of a
`CONNECTORY_CONNECTION_...` variable, and an entry is the connection `c` of a file that can be read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectory.catalog import Catalog
from connectory.dialects import airflow, configuration, kibana, own
from connectory.errors import DocumentError

GOLDEN = Path(__file__).parents[2] / "golden" / "malformed.json"
CASES: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
PLANTED = ("CANARY", "canary", "0c4a9a2e7b1d4f3c8e6d5b0a1f2e3d4c", "Q0FOQVJZ")
"""Parts of the secrets in these documents, which have the shapes of real keys."""

ORIGINAL = ("Unsupported ", "Missing required ", "Invalid Certificate ", "Invalid Private ", "Invalid CA ")
"""How Apache's and Elastic's own sentences begin, which have their full stops."""

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])


@each_case
def test_everything_wrong_is_said_at_once(case: dict[str, Any], tmp_path: Path) -> None:
    error = refused(case, tmp_path)
    assert [[problem.path, problem.message] for problem in error.problems] == case["problems"]


@each_case
def test_no_secret_is_repeated(case: dict[str, Any], tmp_path: Path) -> None:
    error = refused(case, tmp_path)
    said = f"{error}\n{error!r}\n{error.problems}\n{error.args}"
    assert [secret for secret in PLANTED if secret in said] == []


@each_case
def test_no_inner_error_is_left_for_a_traceback_to_show(case: dict[str, Any], tmp_path: Path) -> None:
    error = refused(case, tmp_path)
    assert (error.__cause__, error.__context__) == (None, None)


def test_each_problem_is_one_sentence_and_those_of_the_originals_are_theirs() -> None:
    messages = {message for case in CASES for _, message in case["problems"] if not message.startswith(ORIGINAL)}
    assert [message for message in messages if not message or "\n" in message or message.endswith(".")] == []


def test_what_is_said_of_a_whole_document_goes_on_after_its_name() -> None:
    said = {message for case in CASES for path, message in case["problems"] if not path}
    assert {message.partition(" ")[0] for message in said} <= {"is", "has", "must", "cannot"}


@pytest.mark.parametrize("words", [("own",), ("variable", "file", "entry"), ("airflow",), ("elastic",)])
def test_there_are_many_of_them(words: tuple[str, ...]) -> None:
    assert len([case for case in CASES if case["words"] in words]) >= 60


def test_each_has_a_name_of_its_own() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES)


def refused(case: dict[str, Any], folder: Path) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read(case, folder)
    return caught.value


def read(case: dict[str, Any], folder: Path) -> None:
    match case["words"]:
        case "own":
            own.read("c", case["document"])
        case "airflow":
            airflow.read("c", case["document"])
        case "elastic":
            kibana.read("c", case["document"], default_model="m")
        case "variable":
            Catalog.open({"CONNECTORY_HOME": str(folder), "CONNECTORY_CONNECTION_C": case["text"]}).find("c")
        case "file":
            file = folder / "connectory.yml"
            file.write_text(case["text"], encoding="utf-8")
            configuration.read(file)
        case "entry":
            file = folder / "connectory.yml"
            file.write_text(case["text"], encoding="utf-8")
            configuration.read(file).connection("c")
