"""The child process: `python -m tools.sql.child` answers one JSON line on standard output to each on standard input.

First `{"tables": {name: path}}`, then `{"sql", "seconds"}` again and again. It ends with its standard input.
`spent` in an answer says that memory is short from now on.
"""

import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from tools.sql.database import SqlDatabase
from tools.sql.result import SqlError, SqlMemoryError

MEMORY_BYTES: Final = 512 * 2**20
"""Beside the tables. DuckDB's own memory_limit does not count the values that functions build: repeat('x', 1000000000)
takes 2 GB under a limit of 384 MB."""

_NEVER: Final = threading.Event()


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the whole group; the parent decides
    requests: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    database = _load(requests.get()["tables"])
    while True:
        _say(_answered(database, requests.get()))


def _read(requests: SimpleQueue[Any]) -> None:
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)  # the parent is gone: nobody waits for the query that may be running


def _load(tables: Mapping[str, str]) -> SqlDatabase:
    database = SqlDatabase.load({name: Path(path) for name, path in tables.items()})
    _limit_memory()
    _say({"unreadable": dict(database.unreadable)})
    return database


def _limit_memory() -> None:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return  # no Linux, so no Lambda: memory_limit has to do
    used = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:"))
    resource.setrlimit(resource.RLIMIT_DATA, (used + MEMORY_BYTES, used + MEMORY_BYTES))


def _answered(database: SqlDatabase, request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        rows = database.query(request["sql"], _NEVER, request["seconds"])
    except SqlError as error:
        return {"error": str(error), "spent": isinstance(error, SqlMemoryError)}
    return {"columns": rows.columns, "rows": rows.rows, "truncated": rows.truncated}


def _say(answer: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
