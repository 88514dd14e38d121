"""The progress of a tool: batched, bounded, and worth no failure."""

import pytest

from tools.task.progress import LAST, MAX_CHARACTERS, MAX_EVENTS, Progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lines_of_one_second_are_one_event() -> None:
    clock, written = Clock(), list[str]()
    progress = Progress(written.append, clock)

    for line in ("first", "second", "third"):
        progress.add(line)
    clock.now = 1.0
    progress.add("fourth")
    progress.add("fifth")
    progress.flush()

    assert written == ["first", "second\nthird\nfourth", "fifth"]


def test_lines_of_the_log_and_empty_ones_are_no_progress() -> None:
    written = list[str]()
    progress = Progress(written.append)

    for line in ('{"time": "x", "event": "a"}', "", "  "):
        progress.add(line)
    progress.add('{"rows": 3}')
    progress.flush()

    assert written == ['{"rows": 3}']


def test_events_and_their_texts_have_limits() -> None:
    clock, written = Clock(), list[str]()
    progress = Progress(written.append, clock)

    for number in range(MAX_EVENTS + 5):
        clock.now = float(number)
        progress.add("x" * (MAX_CHARACTERS + 1))

    assert [len(text) for text in written[:-1]] == [MAX_CHARACTERS] * (MAX_EVENTS - 1)
    assert written[-1] == LAST


def test_a_journal_that_does_not_answer_stops_no_tool(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_: str) -> None:
        raise OSError("no network")

    Progress(broken).add("line")

    assert "tool_task.progress_lost" in capsys.readouterr().out
