"""The overview for people fits the terminal, and says what is wrong below each part."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from cli.status.last_error import LastError
from cli.status.reports import (
    NOTHING,
    Failure,
    FunctionReport,
    JournalReport,
    Overview,
    QueueReport,
    StateMachineReport,
    TableReport,
)
from cli.status.view import show_overview

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LONG = "The image 123456789012.dkr.ecr.us-east-1.amazonaws.com/agents:latest cannot be read by Lambda in this account"
OVERVIEW = Overview(
    JournalReport(3, {"QUEUED": 0, "RUNNING": 2, "FAILED": 1}, 20_000, is_complete=False),
    (
        FunctionReport("streaming-gateway", "gw", "Active"),
        FunctionReport("react-worker", "w", "Failed", LONG, "ImageAccessDenied"),
        FunctionReport("a-component-with-a-long-name-append-tool-output", "x", "Active", last_update_status="Failed"),
        FunctionReport("closer", "c", "Active", last_error=LastError("2026-11-30T11:58:00.000Z", "x" * 300)),
        FunctionReport("hidden", "h", problem="not permitted: lambda:GetFunctionConfiguration on h"),
        FunctionReport("evil", "e", "Active", last_error=LastError("2026-11-30T11:00:00.000Z", "\x1b[2Jgone")),
    ),
    (TableReport("journal-table", "runs", "ACTIVE", 1_234_567),),
    (
        StateMachineReport(
            "flow-machine",
            "arn",
            "ACTIVE",
            1000,
            2,
            0,
            0,
            ("RUNNING",),
            Failure("arn:x", "FAILED", "2026-11-30T11:00:00+00:00", "Lambda.ResourceNotReadyException", LONG),
        ),
    ),
    (QueueReport("streaming-failures", "u", 2, 1),),
)


def shown(overview: Overview, width: int = 80) -> str:
    console = Console(file=StringIO(), width=width, highlight=False, force_terminal=False)
    show_overview(console, overview, NOW)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return str(text)


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, shown(OVERVIEW, width).splitlines())) <= width


def test_a_failed_function_has_its_reason_below_it_whole() -> None:
    text = " ".join(shown(OVERVIEW).split())

    assert f"react-worker Failed - {LONG} (ImageAccessDenied)" in text
    assert "the last update failed: no reason given" in text
    assert "hidden ? - not permitted: lambda:GetFunctionConfiguration on h" in text


def test_counts_are_by_status_and_say_when_they_are_cut() -> None:
    text = shown(OVERVIEW)

    assert "3 open" in text
    assert "2 RUNNING, 1 FAILED" in text
    assert "counted in 20,000 items of the table only" in text


def test_a_state_machine_has_the_cause_of_its_last_failure() -> None:
    text = " ".join(shown(OVERVIEW).split())

    assert "flow-machine ACTIVE 1000+ RUNNING, 2 FAILED" in text
    assert f"last FAILED 1 h 0 min ago: Lambda.ResourceNotReadyException: {LONG}" in text


def test_a_log_line_cannot_control_the_terminal() -> None:
    assert "\x1b" not in shown(OVERVIEW)


def test_a_sandbox_without_a_deployment_has_no_parts() -> None:
    assert shown(NOTHING) == ""


def test_counts_that_may_not_be_read_say_so() -> None:
    denied = Overview(JournalReport(problem="not permitted: dynamodb:Scan on runs"))

    assert "not permitted: dynamodb:Scan on runs" in shown(denied)
