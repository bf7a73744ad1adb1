"""A test service as a program of its own: `python -m tests.upstream --flavour azure --key k`.

It prints its address as one line as soon as it listens, and serves until SIGTERM or Ctrl-C. What it received is at
`/_recorded`.
"""

import argparse
import asyncio
import signal
from collections.abc import Sequence

from tests.upstream.azure_service import AzureService
from tests.upstream.faults import FAULTS
from tests.upstream.http import Server
from tests.upstream.messages import App
from tests.upstream.openai_service import OpenAIService
from tests.upstream.recording import Recording
from tests.upstream.running import address, bind


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.upstream", description="A test service on loopback.")
    parser.add_argument("--flavour", choices=["openai", "azure"], default="openai")
    parser.add_argument("--host", default="127.0.0.1", help="127.0.0.1, ::1 or localhost")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--key", action="append", help="a key that is accepted (default: sk-test); may be repeated")
    parser.add_argument("--fault", help="the fault of every request that names none as its model")
    parser.add_argument("--list-faults", action="store_true", help="print the faults, and that is all")
    return parser.parse_args(arguments)


def service(options: argparse.Namespace) -> App:
    keys = frozenset(options.key or ["sk-test"])
    if options.flavour == "azure":
        return AzureService(keys=keys, fault=options.fault)
    return OpenAIService(keys=keys, fault=options.fault)


def list_faults() -> None:
    width = max(len(fault.name) for fault in FAULTS)
    for fault in FAULTS:
        print(f"{fault.name:{width}}  {fault.help}")


async def serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sockets = bind(options.host, options.port)
    async with Server(Recording(service(options))).listening(sockets):
        print(address(options.host, sockets, None), flush=True)
        await stop.wait()


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    if options.list_faults:
        list_faults()
    else:
        asyncio.run(serve(options))


if __name__ == "__main__":
    main()
