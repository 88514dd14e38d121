"""Runs SQL in a separate process, so that a query cannot exhaust the worker's memory or time."""

import json
import os
import select
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from runtime.process.logs import log
from tools.sql.result import MAX_SECONDS, Rows, SqlError

LOAD_SECONDS: Final = 60.0

_GRACE_SECONDS: Final = 2.0
"""Seconds that a query may exceed its limit by; DuckDB checks for an interrupt only between two steps."""

_POLL_MILLISECONDS: Final = 20


class ChildLostError(Exception):
    """The child sent no response and was killed; `reason` is cancelled, late or died."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SqlChild:
    """One child process, see tools.sql.child. It ends when this object is collected or the parent ends."""

    def __init__(self) -> None:
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        # A model writes the SQL that it runs, so it gets no credentials and no names of what they open.
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LONGRUN_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.sql.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # glibc makes an arena per thread, and each would count against the memory limit.
            env=variables | {"PYTHONPATH": path, "MALLOC_ARENA_MAX": "2"},
            bufsize=0,
        )
        self._unread = b""
        self.end = weakref.finalize(self, _end, self._process)

    def ask(self, request: Mapping[str, Any], cancelled: threading.Event, seconds: float) -> Any:  # noqa: ANN401  JSON
        """The response. Raises ChildLostError, and kills the child, if there is none within that many seconds."""
        try:
            self._send(request)
            return json.loads(self._read_line(cancelled, time.monotonic() + seconds))
        except ChildLostError as lost:
            self.end()
            log("sql.child_ended", level="WARNING", reason=lost.reason, exit_code=self._process.returncode)
            raise

    def _send(self, request: Mapping[str, Any]) -> None:
        stdin = self._process.stdin
        message = memoryview(json.dumps(request).encode() + b"\n")
        try:
            while message and stdin is not None:
                message = message[stdin.write(message) :]
        except OSError:
            raise ChildLostError("died") from None

    def _read_line(self, cancelled: threading.Event, limit: float) -> bytes:
        stdout = self._process.stdout
        poll = select.poll()
        poll.register(stdout.fileno() if stdout else -1, select.POLLIN)
        while b"\n" not in self._unread:
            if cancelled.is_set():
                raise ChildLostError("cancelled")
            if time.monotonic() >= limit:
                raise ChildLostError("late")
            if poll.poll(_POLL_MILLISECONDS):
                found = stdout.read(65_536) if stdout else b""
                if not found:
                    raise ChildLostError("died")
                self._unread += found
        line, _, self._unread = self._unread.partition(b"\n")
        return line


class SqlProcess:
    """A database over files in a child process. Safe to use from several threads, one query at a time; the next
    query replaces a child that was lost or is short of memory."""

    def __init__(self, tables: Mapping[str, Path], child: SqlChild | None = None) -> None:
        """`child` was started in advance and has no tables yet."""
        self._tables = {name: str(path) for name, path in tables.items()}
        self._prepared = child
        self._child: SqlChild | None = None
        self._lock = threading.Lock()
        self.unreadable: Mapping[str, str] = {}
        """Tables that could not be created, with the reasons; known after the first query."""
        self.remarks: Mapping[str, Sequence[str]] = {}
        """What to know of the files of some tables; known after the first query."""

    def query(self, sql: str, cancelled: threading.Event, seconds: float = MAX_SECONDS) -> Rows:
        """The first rows of one SELECT. Raises SqlError; `cancelled` stops it early."""
        with self._exclusive(cancelled):
            child = self._loaded_child(cancelled)
            try:
                answer = child.ask({"sql": sql, "seconds": seconds}, cancelled, seconds + _GRACE_SECONDS)
            except ChildLostError as lost:
                self._child = None
                raise SqlError(_lost_message(lost.reason, seconds)) from None
            if answer.get("spent"):
                self._child = None
                child.end()
        if "error" in answer:
            raise SqlError(answer["error"])
        return Rows(tuple(answer["columns"]), tuple(tuple(row) for row in answer["rows"]), answer["truncated"])

    def close(self) -> None:
        """Kill the child."""
        for child in (self._prepared, self._child):
            if child is not None:
                child.end()
        self._prepared = self._child = None

    @contextmanager
    def _exclusive(self, cancelled: threading.Event) -> Iterator[None]:
        while not self._lock.acquire(timeout=_POLL_MILLISECONDS / 1000):
            if cancelled.is_set():
                raise SqlError(_lost_message("cancelled", 0))
        try:
            yield
        finally:
            self._lock.release()

    def _loaded_child(self, cancelled: threading.Event) -> SqlChild:
        if self._child is None:
            child, self._prepared = self._prepared or SqlChild(), None
            try:
                loaded = child.ask({"tables": self._tables}, cancelled, LOAD_SECONDS)
            except ChildLostError as lost:
                if lost.reason == "cancelled":
                    raise SqlError(_lost_message("cancelled", 0)) from None
                raise SqlError("the data files could not be loaded; they may be too large for the worker") from None
            self.unreadable, self.remarks = loaded["unreadable"], loaded["remarks"]
            self._child = child
        return self._child


def _lost_message(reason: str, seconds: float) -> str:
    if reason == "cancelled":
        return "the query was stopped because the run was cancelled"
    if reason == "late":
        return f"the query was stopped after {seconds:g} s; make it cheaper, for example by a filter or fewer joins"
    return "the query needs more memory than the database may use; aggregate more or select fewer rows"


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
