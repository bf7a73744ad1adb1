"""Documents that are made to cost their reader dear, and what each does cost: `python -m tests.unit.dialects.costly`.

A line of JSON for each: its name, the error, seconds of CPU, and the most memory (bytes) that there was until then. All
is read under a limit of 1 GB of memory.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from connectory.dialects import airflow, configuration, kibana, variable
from connectory.errors import DocumentError

Documents = Iterator[tuple[str, Any]]
MB = 1_000_000
SHORT = 900_000
"""Characters of a text that is just short enough to be read."""

KEY = '"credential": {"api_key": "k"}'
CONNECTION = "connectory:\n  connections:\n    c:\n      credential: {api_key: k}\n"
LAUGHS = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
AIRFLOWS = {"conn_type": "openai", "password": "k"}

REPEATED = {
    "brackets": "[",
    "objects": '{"a":',
    "empty lists": "[],",
    "empty objects": "{},",
    "digits": "9",
    "letters": "a",
    "words": "word ",
    "beginnings of tokens": "eyJ-",
    "beginnings of keys": "sk-",
    "backslashes": "\\",
    "quotes": '"',
    "escaped quotes": '\\"',
    "blanks": " ",
    "line breaks": "\n",
    "NULs": "\0",
    "colons": ":",
    "slashes": "/",
    "percent signs": "%",
    "escapes": "%41",
    "at signs": "@",
    "dots": ".",
    "schemes": "://",
    "parameters": "a=1&",
    "ampersands": "&",
    "emoji": "\U0001f511",
    "PEM": "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
}
YAMLS = {
    "dashes": "- ",
    "question marks": "? ",
    "small keys": "k: v\n",
    "objects in flow": "{a: ",
    "comments": "# a\n",
    "documents": "---\n",
    "directives": "%TAG !a! b\n",
    "anchors": "- &a a\n",
    "aliases": "*a, ",
    "tags": "!a ",
    "single quotes": "'",
    "single quoted": "'' ",
    "tabs": "\t",
    "merges": "<<: ",
    "block text": "|\n a\n",
    "plain lines": "word\n",
    "next lines": "\x85",
    "carriage returns": "\r",
}


def text(part: str, size: int) -> str:
    return part * (size // len(part.encode()))


def numbered(count: int) -> dict[str, str]:
    return {f"max_retries{number}": "x" for number in range(count)}


def ours() -> Documents:
    for name, part in REPEATED.items():
        yield f"{name}, 10 MB", text(part, 10 * MB)
        yield f"{name}, closed", f"{{{KEY}, {text(part, SHORT)}}}"
        for place in ("url", "name", "model", "provider", "unknown"):
            yield f"{name} as {place}", json.dumps({"credential": {"api_key": "k"}, place: text(part, SHORT // 2)})
        for place in ("certificate", "private_key", "ca"):
            yield f"{name} as {place}", json.dumps({"tls": {place: text(part, SHORT // 2)}})
        yield f"{name} as a key", json.dumps({text(part, SHORT // 2): 1})
        yield f"{name} as a variable", json.dumps({"credential": {"api_key": {"env": text(part, SHORT // 2)}}})
    yield "many small keys", "{" + ", ".join(f'"k{number}": 1' for number in range(60_000)) + "}"
    yield "unknown keys", json.dumps(numbered(1_900))
    yield "wrong headers", json.dumps({"headers": {f"a b{number}": "\n" for number in range(1_900)}})
    yield "wrong arguments", json.dumps({"client": numbered(1_900)})
    yield "wrong phases", json.dumps({"client": {"timeout": numbered(1_900)}})
    yield "wrong labels", json.dumps({"labels": {name: {} for name in numbered(1_900)}})
    yield "keys twice", "{" + text('"a": 1, ', SHORT // 100) + '"a": 1}'


def airflows() -> Documents:
    for name, part in REPEATED.items():
        long = text(part, SHORT)
        yield f"{name}, 10 MB", text(part, 10 * MB)
        yield f"{name} in a URI", f"openai://{long}"
        yield f"{name} as a password", f"openai://:{long}@h"
        yield f"{name} in a query", f"openai://:k@h/?a={long}"
        yield f"{name} as extra", {**AIRFLOWS, "extra": long}
        yield f"{name} as host", {**AIRFLOWS, "host": long}
        yield f"{name} as user info", {**AIRFLOWS, "host": f"https://{long}@h"}
        yield f"{name} as a uri", {"uri": long}
        yield f"{name} as a port", {**AIRFLOWS, "port": long}
        yield f"{name} as auth_type", {**AIRFLOWS, "extra": {"auth_type": long}}
    yield "unknown fields", numbered(1_900)
    yield "unknown keys", {**AIRFLOWS, "extra": numbered(1_900)}
    yield "unknown arguments", {**AIRFLOWS, "extra": {"openai_client_kwargs": numbered(1_900)}}


def elastics() -> Documents:
    for name, part in REPEATED.items():
        long = text(part, SHORT)
        for place in ("apiUrl", "apiProvider", "defaultModel", "temperature", "verificationMode"):
            yield f"{name} as {place}", entry({place: long})
        for place in ("apiKey", "certificateData", "privateKeyData", "caData"):
            yield f"{name} as {place}", entry({}, {place: long})
        yield f"{name} as a key", {f"config.{long}": 1}
        yield f"{name} as a type", {**entry({}), "actionTypeId": long}
    yield "unknown keys", entry(numbered(900), numbered(900))
    yield "wrong headers", entry({}, {"secretHeaders": {f"a b{number}": "\n" for number in range(1_900)}})
    yield "many small keys", entry(numbered(100_000))
    yield "dotted keys", {f"config.{number}." + "a." * 90: 1 for number in range(5_000)}
    yield "levels", entry({"openai_client_kwargs": levels(100_000)})
    yield "one object in itself", entry(cycle())


def files() -> Documents:
    for name, part in {**REPEATED, **YAMLS}.items():
        yield f"{name}, 10 MB", text(part, 10 * MB)
        yield f"{name} in a list", "a: [" + text(part, 2 * MB)
        yield f"{name} in a connection", f"{CONNECTION}      name: {text(part, 2 * MB)}\n"
    yield "billion laughs", "\n".join(LAUGHS)
    yield "quadratic", f"a: &a {'x' * 5 * MB}\nb: [{'*a, ' * MB}]"
    many = ", ".join(f"k{number}: 0" for number in range(30_000))
    yield "merges", f"a: &a {{{many}}}\n" + "".join(f"b{number}: {{<<: *a}}\n" for number in range(100_000))
    yield (
        "merges of merges",
        "a0: &a0 {a: 1}\n"
        + "".join(
            f"a{number}: &a{number} {{<<: [*a{number - 1}, *a0], k{number}: 1}}\n" for number in range(1, 20_000)
        ),
    )
    yield "merges of laughs", "\n".join([*LAUGHS, "b: &b {<<: [*a0, *a11]}"])
    yield "indented", "".join(" " * level + "a:\n" for level in range(4_400))
    yield "many small keys", "".join(f"k{number}: v\n" for number in range(900_000))
    yield "keys of ours", "connectory:\n" + "".join(f" default_mode{number}: v\n" for number in range(95_000))
    yield "keys of the file", "".join(f"connections{number}: v\n" for number in range(95_000))
    yield "keys of Elastic's", "xpack.actions:\n" + "".join(f" preconfigured{n}: v\n" for n in range(95_000))
    yield "dotted keys", "".join(f"connectory.c{number}.{'a.' * 90}: v\n" for number in range(45_000))
    yield "one dotted key", f"? connectory.{'a.' * 4_900_000}\n: b"
    yield "tags of directives", "".join(f"%TAG !{number}! a\n" for number in range(500_000)) + "--- a"


def entry(config: dict[str, Any], secrets: dict[str, Any] | None = None) -> dict[str, Any]:
    least = {"apiProvider": "Other", "apiUrl": "https://h/v1", "defaultModel": "m"}
    return {"name": "n", "actionTypeId": ".gen-ai", "config": {**least, **config}, "secrets": secrets or {}}


def levels(count: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(count):
        value = {"a": value}
    return value


def cycle() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value |= {"a": value, "b": value}
    return value


def read_file(document: str, folder: Path) -> None:
    file = folder / "connectory.yml"
    file.write_text(document, encoding="utf-8")
    del document
    configuration.read(file).connection("c")


READERS: dict[str, tuple[Callable[[], Documents], Callable[[Any, Path], object]]] = {
    "variable": (ours, lambda document, _: variable.read("c", document)),
    "airflow": (airflows, lambda document, _: airflow.read("c", document)),
    "elastic": (elastics, lambda document, _: kibana.read("c", document)),
    "file": (files, read_file),
}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (1_000 * MB, 1_000 * MB))
    with tempfile.TemporaryDirectory() as folder:
        for words in sys.argv[1:] or READERS:
            documents, read = READERS[words]
            for name, document in documents():
                print(json.dumps({"name": f"{words}: {name}", **cost(read, document, Path(folder))}), flush=True)


def cost(read: Callable[[Any, Path], object], document: Any, folder: Path) -> dict[str, Any]:
    began, said, inner = seconds(), None, False
    try:
        read(document, folder)
    except DocumentError as error:
        said, inner = str(error), (error.__cause__, error.__context__) != (None, None)
    except KeyError:  # a file without the connection
        said = "no connection"
    used = seconds() - began
    return {
        "said": said,
        "inner": inner,
        "seconds": used,
        "memory": most_memory(),
    }


def most_memory() -> int:
    """Bytes. What `getrusage` says is at least what the process had that started this one."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024


def seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
