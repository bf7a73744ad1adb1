"""Calls of tools: a chat that must call one calls the first, or the one that is named, with made-up arguments."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from tests.upstream.answers.tokens import identifier
from tests.upstream.messages import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call; `arguments` is JSON text, as OpenAI has it."""

    id: str
    name: str
    arguments: str

    def as_document(self) -> Document:
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": self.arguments}}

    def without_arguments(self) -> "ToolCall":
        return dataclasses.replace(self, arguments="")


def tool_call(body: Document) -> ToolCall | None:
    """The call that `tool_choice` demands; left to itself (`auto`) this model only talks."""
    choice = body.get("tool_choice")
    functions = {tool["function"]["name"]: tool["function"] for tool in body.get("tools") or ()}
    if choice == "required" and functions:
        name = next(iter(functions))
    elif isinstance(choice, dict) and choice["function"]["name"] in functions:
        name = choice["function"]["name"]
    else:
        return None
    arguments = json.dumps(example(functions[name].get("parameters") or {"type": "object"}))
    return ToolCall(id=identifier("call_", [name, arguments]), name=name, arguments=arguments)


def example(schema: Document) -> Any:
    """A value that fits a simple JSON schema: of an object only what is required, of an enum the first."""
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("type") == "object":
        properties = schema.get("properties") or {}
        return {name: example(properties.get(name) or {}) for name in schema.get("required") or ()}
    return {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "array": []}.get(schema.get("type") or "")
