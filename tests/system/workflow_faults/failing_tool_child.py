"""Stands before the process of a tool in a container's image, and fails as the table's name says.

A test puts it in the place of tools/task/tool_child.py, which it calls for every other table.
"""

import io
import json
import os
import signal
import sys
import time


class _BrokenTables:
    """Raises an error that no tool expects."""

    def __init__(self, _tables: object) -> None:
        pass

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"the secret of {name}")


def main() -> int:
    """Returns the exit code."""
    request = sys.stdin.read()
    table = json.loads(request)["input"].get("table")
    if table == "exits":
        return 3
    if table == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if table == "hangs":
        print("reading the table hangs", flush=True)  # noqa: T201  progress
        time.sleep(600)
    sys.stdin = io.StringIO(request)
    from tools.task import deployed_tool_child  # type: ignore[attr-defined]  # noqa: PLC0415  in the image only

    if table == "raises":
        deployed_tool_child.ReportedTables = _BrokenTables
    code: int = deployed_tool_child.main()
    return code


if __name__ == "__main__":
    sys.exit(main())
