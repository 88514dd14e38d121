import io
import json

import pytest
from rich.console import Console

from cli.logs.lines import LogLine, show

AT = "2025-11-21T09:00:01.234Z"


def shown(message: str) -> str:
    output = io.StringIO()
    show(Console(file=output, width=100), LogLine("1", AT, "worker", message))
    return output.getvalue()


def test_a_json_line_is_unpacked() -> None:
    message = json.dumps({"time": AT, "level": "INFO", "event": "run.started", "run_id": "r-1", "note": "two words"})
    assert shown(message) == '09:00:01.234 worker          run.started run_id=r-1 note="two words"\n'


def test_a_traceback_keeps_its_lines() -> None:
    message = json.dumps(
        {"level": "ERROR", "event": "run.failed", "traceback": "Traceback:\n  line 1\nValueError: x\n"}
    )
    assert shown(message).splitlines()[1:] == ["Traceback:", "  line 1", "ValueError: x"]


def test_a_plain_line_is_shown_as_it_is_without_control_characters() -> None:
    assert shown("Task timed out\x1b[2J after 900.00 seconds\n") == (
        "09:00:01.234 worker          Task timed out[2J after 900.00 seconds\n"
    )


@pytest.mark.parametrize(
    ("message", "by_platform"),
    [
        ("REPORT RequestId: 1 Duration: 2 ms", True),
        ('{"time": "x", "type": "platform.start", "record": {}}', True),
        ('{"type": "sandbox.call", "status": "success"}', True),
        ('{"time": "x", "event": "run.started"}', False),
        ("REPORTED", False),
    ],
)
def test_the_platforms_own_lines_are_distinguished(message: str, by_platform: bool) -> None:
    assert LogLine("1", AT, "worker", message).by_platform is by_platform


def test_json_has_the_record() -> None:
    line = LogLine("1", AT, "worker", '{"event": "x", "n": 1}')
    assert line.to_json() == {"at": AT, "function": "worker", "message": line.message, "record": {"event": "x", "n": 1}}


def test_a_line_of_agentcores_sdk_is_read_like_ours() -> None:
    line = {"timestamp": AT, "level": "ERROR", "message": "No entrypoint", "logger": "bedrock_agentcore.app"}
    failed = line | {"sessionId": "r-1", "errorType": "ValueError", "stackTrace": ["Traceback:\n", "ValueError: x\n"]}
    assert shown(json.dumps(line)) == "09:00:01.234 worker          No entrypoint \n"
    assert [text.rstrip() for text in shown(json.dumps(failed)).splitlines()] == [
        "09:00:01.234 worker          No entrypoint run_id=r-1",
        "Traceback:",
        "ValueError: x",
    ]


def test_the_secret_of_a_sandbox_in_a_url_is_not_shown() -> None:
    line = LogLine("1", AT, "worker", "Max retries exceeded with url: /_key/Aa9_-Bb8/v1/traces (Caused by x)")

    assert line.to_json()["message"] == "Max retries exceeded with url: /v1/traces (Caused by x)"
    assert "Aa9" not in shown('{"event": "export.failed", "url": "http://127.0.0.1:1/_key/Aa9_-Bb8/v1/traces"}')
