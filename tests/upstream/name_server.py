"""A name server that changes its mind: `python -m tests.upstream.name_server 127.0.0.1 53 127.0.0.2 10.0.0.1+10.0.0.2`.

Every name has the addresses of the first argument, at the next question those of the second, and so on round about; the
addresses of one answer are joined by `+`. Nothing may be kept (TTL 0). Only A records exist. Each question for one is
told in a line on standard output. As RFC 1035 has it, for one question a packet.
"""

from __future__ import annotations

import itertools
import socket
import struct
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address

_A, _IN = 1, 1
_ANSWER, _NAME_OF_THE_QUESTION = 0x8580, 0xC00C
_HEAD = struct.Struct("!6H")
_RECORD = struct.Struct("!HHHLH4s")


def answered(question: bytes, answers: Iterator[list[IPv4Address]]) -> tuple[bytes, str | None]:
    """The reply, and what to tell of it."""
    number, *_ = _HEAD.unpack_from(question)
    end = question.index(b"\0", _HEAD.size) + 1
    kind, _ = struct.unpack_from("!2H", question, end)
    asked = question[_HEAD.size : end + 4]
    addresses = next(answers) if kind == _A else []
    records = [_RECORD.pack(_NAME_OF_THE_QUESTION, _A, _IN, 0, 4, address.packed) for address in addresses]
    told = f"{_name(asked)} {'+'.join(map(str, addresses))}" if kind == _A else None
    return _HEAD.pack(number, _ANSWER, 1, len(records), 0, 0) + asked + b"".join(records), told


def _name(asked: bytes) -> str:
    labels, place = [], 0
    while length := asked[place]:
        labels.append(asked[place + 1 : place + 1 + length].decode("latin-1"))
        place += length + 1
    return ".".join(labels)


def serve(host: str, port: int, script: list[str]) -> None:
    answers = itertools.cycle([[IPv4Address(text) for text in each.split("+")] for each in script])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind((host, port))
        print("ready", flush=True)
        while True:
            question, who = listening.recvfrom(512)
            reply, told = answered(question, answers)
            if told:
                print(told, flush=True)
            listening.sendto(reply, who)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
