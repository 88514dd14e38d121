"""The newest error of a function's log, read within bounds and without secrets."""

import json
from typing import Any

import pytest

from cli.status.last_error import LINES, PAGES, LastError, last_error
from tests.cli.status.aws import Answer, Arguments, Aws, rejected

NOW = 1_800_000_000.0
TRACEBACK = """Traceback (most recent call last):
  File "/var/task/worker.py", line 1, in run
    raise ValueError("no rows")
ValueError: no rows
└ a note of the error
"""


def line(**fields: object) -> str:
    return json.dumps({"time": "2026", "level": "ERROR", "event": "worker.failed", **fields})


def newest(*messages: str, answer: Answer | None = None) -> tuple[LastError | None, Aws]:
    events = [{"timestamp": 1_000 * number, "message": message} for number, message in enumerate(messages, 1)]
    aws = Aws({"FilterLogEvents": answer or {"events": events}})
    return last_error(aws.client("logs"), "/logs/fn", NOW), aws


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (line(reason="the table is away"), "worker.failed: the table is away"),
        (line(traceback=TRACEBACK), "worker.failed: ValueError: no rows"),
        (line(message="api_key=sk-abcdefghijklmnopqrst is wrong"), "worker.failed: api_key=*** is wrong"),
        (
            "2026-11-30T12:00:00Z abc Task timed out after 3.00 seconds\n",
            "2026-11-30T12:00:00Z abc Task timed out after 3.00 seconds",
        ),
        (
            "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'",
            "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'",
        ),
        (
            "RequestId: a Error: Runtime exited with error: signal: killed",
            "RequestId: a Error: Runtime exited with error: signal: killed",
        ),
    ],
)
def test_an_error_is_one_line_that_names_it(message: str, shown: str) -> None:
    found, _ = newest("START RequestId: a", message)

    assert found == LastError("1970-01-01T00:00:02.000Z", shown)


@pytest.mark.parametrize("message", [line(level="WARNING"), line(level="INFO", question="an ERROR?"), "REPORT ERROR"])
def test_a_line_that_is_no_error_is_none(message: str) -> None:
    assert newest(message)[0] is None


def test_the_newest_of_several_is_shown() -> None:
    found, _ = newest(line(reason="first"), line(reason="second"), line(level="INFO"))

    assert found is not None
    assert found.message == "worker.failed: second"


def test_a_log_with_too_many_errors_is_read_again_for_the_last_hour_only() -> None:
    def page(asked: Arguments) -> dict[str, Any]:
        old = asked["startTime"] < (NOW - 3_600) * 1_000
        message = line(reason="old" if old else "new")
        return {
            "events": [{"timestamp": asked["startTime"], "message": message}],
            **({"nextToken": "t"} if old else {}),
        }

    found, aws = newest(answer=page)

    assert found is not None
    assert found.message == "worker.failed: new"
    assert len(aws.calls) == PAGES + 1
    assert {asked["limit"] for _, asked in aws.calls} == {LINES}


def test_a_group_without_a_line_yet_has_no_error() -> None:
    assert newest(answer=rejected("ResourceNotFoundException"))[0] is None
