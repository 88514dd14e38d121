import json

import pytest

from contract.redaction import redact
from runtime.workflow.log_lines import last_lines

TRACEBACK = """Traceback (most recent call last):
  File "/var/task/agents/explorer.py", line 7, in explore
    frame.describe()
    ^^^^^^^^^^^^^^^^
MemoryError: no room for 8 GB

During handling of the above exception, another exception occurred:
"""


def test_a_line_of_our_logger_tells_level_event_and_what_was_said() -> None:
    line = {
        "time": "2026",
        "level": "ERROR",
        "event": "agents.failed",
        "run_id": "r",
        "reason": "no room",
        "traceback": TRACEBACK,
    }

    assert last_lines([json.dumps(line)]) == ["ERROR agents.failed: no room"]


def test_a_line_of_agentcores_logger_is_told_without_its_stack() -> None:
    line = {
        "timestamp": "2026",
        "level": "ERROR",
        "message": "Invocation failed (0.002s)",
        "logger": "bedrock_agentcore.app",
        "sessionId": "s",
        "errorType": "MemoryError",
        "errorMessage": "no room",
        "stackTrace": TRACEBACK.splitlines(),
    }

    assert last_lines([json.dumps(line)]) == ["ERROR bedrock_agentcore.app: Invocation failed (0.002s), no room"]


def test_of_a_traceback_only_the_error_is_told() -> None:
    assert last_lines([TRACEBACK]) == ["MemoryError: no room for 8 GB"]
    assert last_lines(TRACEBACK.splitlines()) == ["MemoryError: no room for 8 GB"]


def test_a_message_with_a_traceback_in_it_is_cut_before_that() -> None:
    line = {"level": "ERROR", "event": "agent", "message": f"it failed\n{TRACEBACK}"}

    assert last_lines([json.dumps(line)]) == ["ERROR agent: it failed"]


def test_the_newest_five_lines_are_told_in_order() -> None:
    assert last_lines([f"line {number}" for number in range(9)]) == [f"line {number}" for number in range(4, 9)]
    assert last_lines(["a", "b\nc\nd", "e\nf"]) == ["b", "c", "d", "e", "f"]


def test_a_line_is_cut_to_300_characters() -> None:
    (line,) = last_lines(["x" * 250_000])

    assert len(line) == 300
    assert line.endswith("…")


@pytest.mark.parametrize("message", ["", "  ", "\n", "[1, 2", "7", "[" * 100_000])
def test_what_is_no_record_is_a_line_of_text(message: str) -> None:
    assert last_lines([message]) == [redact(line) for line in message.splitlines() if line.strip()]
