"""What the JSON of an error says, without the rest of an answer."""

from __future__ import annotations

import pytest

from connectory.wire.error_details import ErrorDetail, error_detail


def test_all_three_facts_are_read() -> None:
    document = {"error": {"message": "No.", "code": "c", "type": "t"}}
    assert error_detail(document) == ErrorDetail(message="No.", code="c", type="t")


@pytest.mark.parametrize(
    "document",
    [None, True, 5, 1.5, [], [[]], {}, {"error": None}, {"error": {}}, {"error": {"code": None}}, {"detail": []}, ""],
)
def test_a_document_without_words_says_nothing(document: object) -> None:
    assert error_detail(document) == ErrorDetail()


def test_an_error_without_a_message_takes_the_one_beside_it() -> None:
    document = {"error": {"code": "c"}, "message": "No."}
    assert error_detail(document) == ErrorDetail(message="No.", code="c")


def test_the_type_of_a_problem_document_is_not_the_type_of_the_error() -> None:
    assert error_detail({"type": "about:blank", "title": "No."}) == ErrorDetail(message="No.")


@pytest.mark.parametrize("code", [True, 1.5, [], 10**30, ""])
def test_what_is_no_name_is_no_code(code: object) -> None:
    assert error_detail({"error": {"message": "No.", "code": code}}) == ErrorDetail(message="No.")
