"""The body that is sent in place of the one that a caller gave.

The rules are those of Elastic's OpenAI connector (elastic/kibana, stack_connectors/server/connector_types/openai/lib,
9.x), with these differences: the wanted flag `stream` is written at every URL that streams, the default model is
inserted for every provider and on every path, and a body that needs no change is sent as it came.
"""

from __future__ import annotations

from connectory.provider import Provider
from connectory.wire.endpoints import Endpoint, Streaming, endpoint_of
from connectory.wire.json_object import Member, bytes_of, compact, quoted, read_object, write_object

_TRUE = Member(value=True, text="true")
_FALSE = Member(value=False, text="false")
_INCLUDE_USAGE = Member(value={"include_usage": True}, text='{"include_usage":true}')


def prepare_body(body: str | bytes, *, provider: Provider, url: str, model: str | None, stream: bool) -> bytes:
    """The body to post to `url`, where `model` is the connection's default and `stream` what is wanted.

    What is no JSON object is sent as it is. A body that has to be changed goes out in compact form: known keys keep
    their places, new ones follow in the order `stream`, `stream_options`, `model`.
    """
    given = read_object(body)
    if given is None:
        return bytes_of(body)
    endpoint = endpoint_of(url)
    members = dict(given.members)
    _set_stream(members, endpoint, wanted=stream, named_when_off=provider.writes_stream_flag(url))
    if stream and provider.reports_stream_usage and endpoint.reports_stream_usage:
        _put(members, "stream_options", _INCLUDE_USAGE)
    if model and endpoint.takes_model and not _is_given(members, "model"):
        _put(members, "model", Member(value=model, text=quoted(model)))
    if not provider.keeps_tool_choice:
        _drop_idle_tool_choice(members, endpoint)
    # Of two members with one name, a service may well read the one that we did not.
    if members == given.members and not given.repeats_names:
        return bytes_of(body)
    return write_object(members)


def model_of(body: str | bytes) -> str | None:
    """The model that a body names, if it can be read."""
    given = read_object(body)
    model = given.members.get("model") if given else None
    return model.value if model and isinstance(model.value, str) and model.value else None


def _set_stream(members: dict[str, Member], endpoint: Endpoint, *, wanted: bool, named_when_off: bool) -> None:
    if wanted:
        _put(members, "stream", _TRUE)
    elif "stream" in members or (named_when_off and endpoint.streaming is Streaming.USUAL):
        _put(members, "stream", _FALSE)


def _drop_idle_tool_choice(members: dict[str, Member], endpoint: Endpoint) -> None:
    """Some services refuse a choice among tools where there are no tools."""
    if endpoint.stores_prompts and "prompt" in members:
        return
    if not _has_items(members, "tools"):
        members.pop("tool_choice", None)
        members.pop("parallel_tool_calls", None)
    if not _has_items(members, "functions"):
        members.pop("function_call", None)


def _put(members: dict[str, Member], name: str, member: Member) -> None:
    """Give `name` a value in its place, or at the end. One that already has the value keeps its spelling."""
    if name not in members or compact(members[name].text) != member.text:
        members[name] = member


def _is_given(members: dict[str, Member], name: str) -> bool:
    """Whether a member counts as true in ECMAScript, where empty lists and objects do."""
    value = members[name].value if name in members else None
    return bool(value) or isinstance(value, (list, dict))


def _has_items(members: dict[str, Member], name: str) -> bool:
    value = members[name].value if name in members else None
    return isinstance(value, list) and len(value) > 0
