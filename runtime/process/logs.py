"""The functions' log: one JSON object a line on standard output, with the run id on each line of a run."""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from contract.events import timestamp

_RUN_ID: Final[ContextVar[str | None]] = ContextVar("run_id", default=None)
"""asyncio.to_thread and our own threads inherit it, so that a library's line names its run."""


@contextmanager
def run_lines(run_id: str) -> Iterator[None]:
    """Marks every line written inside with the run."""
    token = _RUN_ID.set(run_id)
    try:
        yield
    finally:
        _RUN_ID.reset(token)


def log(event: str, *, level: str = "INFO", exc_info: BaseException | bool = False, **fields: object) -> None:
    """Write one line: what happened (dotted words), then the fields. `exc_info` adds the whole traceback, of the
    exception being handled if True. Callers pass nothing secret."""
    line: dict[str, Any] = {"time": timestamp(), "level": level, "event": event}
    run_id = _RUN_ID.get()
    if run_id is not None:
        line["run_id"] = run_id
    line.update(fields)
    if exc_info:
        line["traceback"] = _traceback(exc_info)
    # One write per line: Lambda makes a log event of each write, and lines of several threads must not mix.
    sys.stdout.write(_writable(json.dumps(line, default=str, ensure_ascii=False)) + "\n")
    sys.stdout.flush()


def capture_libraries(level: int = logging.WARNING) -> None:
    """Send what libraries log through `logging` into the same JSON lines. Repeated calls have no effect."""
    root = logging.getLogger()
    if any(isinstance(handler, _JsonLines) for handler in root.handlers):
        return
    for handler in list(root.handlers):
        # Lambda's own handler would write each record a second time, as plain text.
        if type(handler).__module__.startswith("awslambdaric"):
            root.removeHandler(handler)
    root.addHandler(_JsonLines())
    root.setLevel(level)


class _JsonLines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        log(record.name, level=record.levelname, exc_info=error or False, message=record.getMessage())


def _writable(text: str) -> str:
    # A model may emit half of a surrogate pair, and an error may quote it: logging the error must not raise.
    return text.encode("utf-8", errors="backslashreplace").decode()


def _traceback(error: BaseException | bool) -> str:
    if isinstance(error, BaseException):
        return "".join(traceback.format_exception(error))
    return traceback.format_exc()
