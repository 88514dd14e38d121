"""The child process: `python -m tools.sql.child` reads one JSON request per line and writes one JSON response per line.

The first request is `{"tables": {name: path}}`, every later one `{"sql", "seconds"}`. The process ends when standard
input closes. `spent` in a response means that the process is short of memory from then on.
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
"""In addition to the tables. DuckDB's own memory_limit does not count the values that functions build: under a limit of
384 MB, repeat('x', 1000000000) takes 2 GB."""

_NEVER: Final = threading.Event()


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the parent decides
    requests: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    database = _load(requests.get()["tables"])
    while True:
        _write(_response(database, requests.get()))


def _read(requests: SimpleQueue[Any]) -> None:
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)  # the parent is gone, and with it the reader of a running query


def _load(tables: Mapping[str, str]) -> SqlDatabase:
    database = SqlDatabase.load({name: Path(path) for name, path in tables.items()})
    _limit_memory()
    _write({"unreadable": dict(database.unreadable), "remarks": dict(database.remarks)})
    return database


def _limit_memory() -> None:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return  # not Linux, so not Lambda: DuckDB's memory_limit has to suffice
    used = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:"))
    resource.setrlimit(resource.RLIMIT_DATA, (used + MEMORY_BYTES, used + MEMORY_BYTES))


def _response(database: SqlDatabase, request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        rows = database.query(request["sql"], _NEVER, request["seconds"])
    except SqlError as error:
        return {"error": str(error), "spent": isinstance(error, SqlMemoryError)}
    return {"columns": rows.columns, "rows": rows.rows, "truncated": rows.truncated}


def _write(response: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(response) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
