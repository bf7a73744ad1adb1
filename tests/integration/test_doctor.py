"""The doctor's verdict on what services answer; the stages that stand before an answer are tested through the shell."""

import dataclasses
import time
from typing import Any

import pytest

from connectory import Connection
from connectory.engine.diagnosis import STAGES, Asked, Report, Stage, State
from connectory.engine.doctor import examine
from tests.integration.connections import KEY, VERSION, azure_at, openai_at, other_at
from tests.upstream import Answer, App, OpenAIService, Pause, Received, Upstream, json_answer, running


def always(answer: Answer) -> App:
    async def app(_: Received) -> Answer:
        return answer

    return app


def examined(connection: Connection) -> Report:
    return examine(connection.id, lambda: connection)


def stage(report: Report, name: str) -> Stage:
    return next(stage for stage in report.stages if stage.name == name)


def seen(connection: Connection, name: str = "model") -> tuple[State, str]:
    found = stage(examined(connection), name)
    return found.state, found.seen


REDIRECT = Answer(status=302, headers=(("location", "https://portal.example.com/sign-in?to=x"),))


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (REDIRECT, State.FAILED, "redirects are not followed (to https://portal.example.com)"),
        (json_answer({"error": {"message": "The model is loading."}}), State.FAILED, "The model is loading."),
        (json_answer({"foo": 1}), State.WARNING, "no list of models"),
        (json_answer({"data": []}), State.WARNING, "not among the 0 models"),
        (json_answer({"data": [{"id": "other"}]}), State.WARNING, "not among the 1 model that"),
        (json_answer({"data": [{"id": "gpt-test"}]}), State.OK, "1 model"),
        (Answer(status=404), State.WARNING, "no list of models here"),
    ],
)
def test_list_of_models_is_judged(answer: Answer, state: State, words: str) -> None:
    with running(always(answer)) as upstream:
        found = seen(other_at(upstream))
    assert (found[0], words in found[1]) == (state, True)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (json_answer({"error": {"message": "messages is needed"}}, status=400), State.OK),
        (json_answer({"error": {"message": "messages is needed"}}, status=422), State.OK),
        (json_answer({"error": {"message": "slow down"}}, status=429), State.FAILED),
        (json_answer({"error": {"message": "gone"}}, status=404), State.FAILED),
        (json_answer({"error": {"message": "ill"}}, status=500), State.FAILED),
        (REDIRECT, State.FAILED),
    ],
)
def test_deployment_is_judged_by_what_it_says_of_an_empty_body(answer: Answer, state: State) -> None:
    with running(always(answer)) as upstream:
        url = f"{upstream.url}/openai/deployments/prod?api-version={VERSION}"
        assert seen(azure_at(upstream, url=url))[0] is state


@pytest.mark.parametrize(
    ("status", "words"), [(200, "was taken"), (400, "the service answered 400"), (500, "the service answered 500")]
)
def test_credential_counts_as_taken_only_where_something_says_so(status: int, words: str) -> None:
    with running(always(json_answer({"data": []}, status=status))) as upstream:
        found = seen(openai_at(upstream), "authentication")
    assert (found[0], words in found[1]) == (State.OK, True)


async def slow(_: Received) -> Answer:
    return Answer(before=(Pause(0.3),))


def test_waiting_for_the_answer_is_told_where_the_answer_is_judged() -> None:
    with running(slow) as upstream:
        report = examined(openai_at(upstream))
    assert (stage(report, "authentication").ms or 0) >= 250


def test_time_limit_of_the_connection_is_the_doctors_too() -> None:
    with running(slow) as upstream:
        found = seen(openai_at(upstream, client={"timeout": 0.1}))
    assert (found[0], "within 0.1 s" in found[1]) == (State.FAILED, True)


def test_secret_that_the_service_repeats_is_not_repeated() -> None:
    key = "plain-words-that-look-like-no-key"
    with running(always(json_answer({"error": {"message": f"bad: {key}"}}, status=401))) as upstream:
        found = seen(openai_at(upstream, credential={"api_key": key}), "authentication")
    assert (found[0], "bad: ***" in found[1]) == (State.FAILED, True)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({}, "test: credential.api_key"),
        ({"credential": {"api_key": {"env": "OUR_KEY"}}}, "test: credential.api_key, env:OUR_KEY"),
        ({"credential": {"kind": "none"}}, "test: credential.kind"),
        ({"client": {"default_headers": {"Authorization": KEY}}}, "test: client.default_headers.Authorization"),
    ],
)
def test_credential_that_is_refused_is_told_with_where_it_came_from(
    document: dict[str, Any], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_KEY", KEY)
    with running(always(json_answer({"error": {"message": "no"}}, status=401))) as upstream:
        connection = dataclasses.replace(other_at(upstream, **document), source="test")
        assert stage(examined(connection), "authentication").rule == place


@pytest.mark.parametrize(("network", "name"), [({}, "tcp"), ({"proxy": "http://127.0.0.1:1"}, "proxy")])
def test_stage_of_the_line_that_fails_has_its_time(service: Upstream, network: dict[str, str], name: str) -> None:
    connection = other_at(service, network=network, url="http://127.0.0.1:1/v1")
    failed = stage(examined(connection), name)
    assert (failed.state, failed.ms is None) == (State.FAILED, False)


def test_secret_parameter_of_a_query_is_sent_and_not_shown(service: Upstream) -> None:
    connection = openai_at(service, client={"default_query": {"api_key": "plain-words"}})
    report = examined(connection)
    assert service.requests[0].query == "api_key=plain-words"
    assert "plain-words" not in repr(report)


@pytest.mark.parametrize("made", [openai_at, azure_at])
def test_certificates_that_cannot_be_read_are_a_fault_of_tls(
    made: Any, service: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    found = seen(made(service), "tls")
    assert (found[0], "SSL_CERT_FILE" in found[1]) == (State.FAILED, True)


def test_warning_of_the_document_is_a_warning_of_its_stage(azure_service: Upstream) -> None:
    connection = azure_at(azure_service, url=f"{azure_service.url}/openai/deployments/prod")
    assert seen(connection, "configuration")[0] is State.WARNING


async def dripping(_: Received) -> Answer:
    """Never silent for long, and never done."""
    return Answer(body=(b"{", *(step for _ in range(100) for step in (Pause(0.1), b" "))))


def test_examination_ends_whatever_hangs() -> None:
    with running(dripping) as upstream:
        connection, told = openai_at(upstream), list[Stage]()
        began = time.monotonic()
        report = examine("it", lambda: connection, told=told.append, limit=0.5)
    assert time.monotonic() - began < 3
    assert report.failed
    assert "not over when the whole examination had taken 0.5 s" in report.failed.seen
    assert [stage.name for stage in told] == list(STAGES)


@pytest.mark.parametrize("fault", [None, "status-500", "close"])
def test_stages_are_told_of_once_and_in_their_order(fault: str | None) -> None:
    told = list[Stage]()
    with running(OpenAIService(keys={KEY}, fault=fault)) as upstream:
        connection = openai_at(upstream)
        report = examine("it", lambda: connection, told=lambda stage: told.append(dataclasses.replace(stage)))
    assert tuple(told) == report.stages


def test_stage_that_a_call_has_shown_to_be_otherwise_is_told_of_again() -> None:
    async def app(request: Received) -> Answer:
        return await OpenAIService(keys=() if request.method == "POST" else {KEY})(request)

    told = list[Stage]()
    with running(app) as upstream:
        connection = openai_at(upstream)
        asked = Asked(spend=True)
        report = examine(
            "it", lambda: connection, asked=asked, told=lambda stage: told.append(dataclasses.replace(stage))
        )
    assert [stage.state for stage in told if stage.name == "authentication"] == [State.OK, State.FAILED]
    assert {stage.state for stage in report.stages if stage.name in ("model", "answer", "stream")} == {State.SKIPPED}


def test_fault_of_who_is_told_is_no_fault_of_the_connection(service: Upstream) -> None:
    def complain(stage: Stage) -> None:
        if stage.name == "tcp":
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        examine("it", lambda: openai_at(service), told=complain)
