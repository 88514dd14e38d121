"""Stands before the process of a tool in a container's image, and fails as the table's name says.

A test puts it in the place of tools/task/tool_child.py, which it calls for every other table.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any


class _BrokenTables:
    """Raises an error that no tool expects."""

    def __init__(self, _tables: object) -> None:
        pass

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"the secret of {name}")


def serve(request: Mapping[str, Any], answer: int) -> int:
    """As tool_child.serve: returns the exit code."""
    table = request["input"].get("table")
    if table == "exits":
        return 3
    if table == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if table == "hangs":
        print("reading the table hangs", flush=True)  # noqa: T201  progress
        time.sleep(600)
    from tools.task import deployed_tool_child  # type: ignore[attr-defined]  # noqa: PLC0415  in the image only

    if table == "raises":
        deployed_tool_child.ReportedTables = _BrokenTables
    code: int = deployed_tool_child.serve(request, answer)
    return code


def main() -> int:
    """Returns the exit code. The last argument is the descriptor of the answer."""
    return serve(json.load(sys.stdin), int(sys.argv[-1]))


if __name__ == "__main__":
    sys.exit(main())
