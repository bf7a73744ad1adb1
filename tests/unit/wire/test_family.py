"""The family as a whole: what it costs to import, and what it says of itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import connectory.wire

FOLDER = Path(connectory.wire.__path__[0])
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


def test_the_docstring_lists_every_file() -> None:
    lines = (connectory.wire.__doc__ or "").splitlines()
    listed = sorted(line.split()[0] for line in lines if line.startswith("    "))
    assert listed == [f"{module}.py" for module in MODULES]


def test_nothing_heavy_is_imported() -> None:
    imports = "; ".join(f"import connectory.wire.{module}" for module in MODULES)
    heavy = (
        "{'asyncio', 'email', 'http', 'html', 'socket', 'ssl', 'logging', 'datetime', 'openai', 'httpx2', 'pydantic'}"
    )
    program = f"{imports}; import sys; print(*sorted({heavy} & sys.modules.keys()))"
    path = f"import sys; sys.path.insert(0, {str(FOLDER.parents[1])!r}); "
    # -I and -S: nothing of the environment's own start-up files is counted.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", path + program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
