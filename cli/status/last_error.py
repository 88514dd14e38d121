"""The newest error in the log of a function."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cli.logs.lines import LogLine
from cli.status.calls import CallError, called
from contract.redaction import redact

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

WINDOWS: Final = (24 * 3_600, 3_600)
"""Seconds back. The shorter one is read where the longer one has more lines than are read."""

PAGES: Final = 3
LINES: Final = 1_000
"""Of one page: CloudWatch returns the oldest first."""

PATTERN: Final = '?"ERROR" ?"CRITICAL" ?"Task timed out" ?"Runtime exited"'
_LEVELS: Final = frozenset({"ERROR", "CRITICAL"})
_ERROR: Final = re.compile(r"\[(?:ERROR|CRITICAL)\]|Task timed out|Runtime exited|\bERROR\b")


@dataclass(frozen=True, slots=True)
class LastError:
    """`at` is ISO 8601 in UTC; `message` is one line without what looks like a secret, cut to 300 characters."""

    at: str
    message: str


def last_error(logs: "CloudWatchLogsClient", group: str, now: float) -> LastError | None:
    """The newest error of the last day, None for none. Raises CallError; a group without any line has no error."""
    newest = None
    for window in WINDOWS:
        newest, is_complete = _read(logs, group, now - window)
        if is_complete:
            break
    return newest


def _read(logs: "CloudWatchLogsClient", group: str, start: float) -> tuple[LastError | None, bool]:
    """The newest error that was read since `start`, and whether all were read."""
    newest: LastError | None = None
    token: dict[str, Any] = {}
    for _ in range(PAGES):
        try:
            page = called(
                "logs:FilterLogEvents",
                group,
                lambda token=token: logs.filter_log_events(  # type: ignore[misc]
                    logGroupName=group, startTime=int(start * 1_000), filterPattern=PATTERN, limit=LINES, **token
                ),
            )
        except CallError as failed:
            if failed.code == "ResourceNotFoundException":
                return None, True
            raise
        found = [error for event in page["events"] if (error := _error(event["timestamp"], event["message"]))]
        newest = max([*found, *([newest] if newest else [])], key=lambda error: error.at, default=None)
        if "nextToken" not in page:
            return newest, True
        token = {"nextToken": page["nextToken"]}
    return newest, False


def _error(timestamp: int, message: str) -> LastError | None:
    at = datetime.fromtimestamp(timestamp / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = LogLine("", at, "", message)
    record = line.record()
    if record is None:
        is_error = not line.by_platform and _ERROR.search(line.message)
        return LastError(at, redact(" ".join(_text(line.message).split()))) if is_error else None
    if record.get("level") not in _LEVELS:
        return None
    return LastError(at, redact(" ".join(_summary(record).split())))


def _summary(record: Mapping[str, Any]) -> str:
    """The event, and the message or the line of the traceback that names the error."""
    texts = [record.get(key) for key in ("message", "reason")]
    said = next((text for text in texts if isinstance(text, str) and text), "")
    if not said and isinstance(record.get("traceback"), str):
        said = _error_line(record["traceback"])
    return f"{record['event']}: {said}" if said else str(record["event"])


def _error_line(traceback: str) -> str:
    """The first line after the frames of the last traceback; notes of the error follow it."""
    lines = [line for line in traceback.splitlines() if line.strip()]
    frames = [number for number, line in enumerate(lines) if line.startswith("  ")]
    return next((line for line in lines[frames[-1] + 1 if frames else 0 :] if not line.startswith(" ")), "")


def _text(message: str) -> str:
    """The message of an error that Lambda's runtime wrote as JSON, or the line itself."""
    try:
        found = json.loads(message)
    except ValueError:
        return message
    if not isinstance(found, dict) or not found.get("errorMessage"):
        return message
    return f"{found.get('errorType', 'Error')}: {found['errorMessage']}"
