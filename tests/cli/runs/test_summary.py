import io

import pytest
from rich.console import Console

from cli.output import Output
from cli.runs.summary import Summary, show
from client import RunEvent

RUN_ID = "01990000-0000-7000-8000-000000000001"


def event(seq: int, kind: str, **data: object) -> RunEvent:
    return RunEvent(RUN_ID, seq, kind, "2025-11-21T09:00:00.000Z", data)


def summed(*events: RunEvent) -> Summary:
    summary = Summary(RUN_ID)
    summary.times.start()
    summary.accepted("session-1")
    for entry in events:
        summary.add(entry)
    return summary


def shown(summary: Summary, width: int) -> list[str]:
    output = io.StringIO()
    show(Output(as_json=False, console=Console(file=output, width=width)), summary)
    return output.getvalue().splitlines()


def test_the_first_text_is_timed_and_the_text_joined() -> None:
    summary = summed(event(1, "RUN_ACCEPTED"), event(2, "TEXT", text="a"), event(3, "TEXT", text="b"))
    assert (summary.answer, summary.events, summary.status, summary.last_seq) == ("ab", 3, "RUNNING", 3)
    assert summary.first_text_ms is not None
    assert summary.elapsed_ms is not None
    assert summary.first_text_ms <= summary.elapsed_ms


def test_a_run_without_text_has_no_first_text() -> None:
    summary = summed(event(1, "RUN_ACCEPTED"), event(2, "RUN_SUCCEEDED"))
    assert (summary.first_text_ms, summary.exit_code) == (None, 0)
    assert "-" in shown(summary, 100)[-1].split()


def test_the_time_stops_at_the_end() -> None:
    summary = summed(event(1, "RUN_ACCEPTED"), event(2, "RUN_SUCCEEDED"))
    assert summary.elapsed_ms == summary.elapsed_ms


@pytest.mark.parametrize("kind", ["RUN_FAILED", "RUN_CANCELLED", "RUN_TIMED_OUT"])
def test_a_run_that_did_not_succeed_has_an_error_even_if_it_gave_no_reason(kind: str) -> None:
    summary = summed(event(1, kind))
    status = kind.removeprefix("RUN_")
    assert summary.error == {"code": status, "message": f"The run ended as {status}."}
    assert summary.exit_code == 1
    assert shown(summary, 100)[0] == f"The run ended as {status}. [{status}]"


@pytest.mark.parametrize("width", [60, 84, 85, 120])
def test_the_run_id_is_never_cut(width: int) -> None:
    lines = shown(summed(event(1, "RUN_TIMED_OUT")), width)
    assert any(RUN_ID in line for line in lines)
    assert all(len(line) <= width for line in lines)


def test_a_lost_agents_last_words_are_shown_below_the_error() -> None:
    data = {"code": "AGENT_LOST", "error": "It gave no sign.", "log": ["Killed\x1b[2J"], "session": "ended"}
    summary = summed(event(1, "RUN_FAILED", **data))
    assert summary.error == {"code": "AGENT_LOST", "message": "It gave no sign.", "log": ["Killed\x1b[2J"]}
    assert shown(summary, 100)[:2] == ["It gave no sign. [AGENT_LOST]", "    Killed[2J"]
