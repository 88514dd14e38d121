"""What a session prints, on its way to the file and to CloudWatch Logs."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sandbox.sidecar.agent_sessions import session_log
from sandbox.sidecar.agent_sessions.session_log import Event, SessionLog

GROUP = "/aws/bedrock-agentcore/runtimes/agent-abcdefghij-live"

Act = Callable[[SessionLog, int], Awaitable[None]]


def shipped(folder: Path, act: Act, session_id: str = "s" * 33) -> tuple[SessionLog, list[list[Event]]]:
    """The log and its batches, after `act` with the write end of its pipe."""
    batches: list[list[Event]] = []

    async def ship(group: str, _: str, events: list[Event]) -> None:
        assert group == GROUP
        batches.append(events)

    async def run() -> SessionLog:
        log = SessionLog(folder, GROUP, session_id, ship)
        output, write_end = os.pipe()
        await log.follow(output)
        await act(log, write_end)
        os.close(write_end)
        await log.drain(5)
        await log.close()
        return log

    return asyncio.run(run()), batches


def messages(batches: list[list[Event]]) -> list[str]:
    return [event.message for batch in batches for event in batch]


def test_lines_are_shipped_in_their_order_and_stand_in_the_file(tmp_path: Path) -> None:
    async def act(_: SessionLog, output: int) -> None:
        for part in (b"one\ntw", b"o\n\n", b"last without end"):
            os.write(output, part)

    log, batches = shipped(tmp_path, act)

    assert messages(batches) == ["one", "two", "last without end"]
    assert log.last_line == "last without end"
    (file,) = tmp_path.iterdir()
    assert file.read_text() == "one\ntwo\n\nlast without end\n"


def test_a_stream_is_named_by_day_session_and_environment(tmp_path: Path) -> None:
    async def act(_log: SessionLog, _output: int) -> None:
        return

    first, _ = shipped(tmp_path, act, "run:1/" + "x" * 200)
    second, _ = shipped(tmp_path, act, "run:1/" + "x" * 200)

    day, _, rest = first.stream.partition("[")
    assert len(day.split("/")) == 4
    assert rest.startswith("runtime-logs-run-1-xxx")
    assert first.stream.rpartition("]")[0] == second.stream.rpartition("]")[0]
    assert first.stream != second.stream
    assert len(list(tmp_path.iterdir())) == 2


def test_a_line_of_the_sandbox_stands_by_itself_and_is_nobodys_last_words(tmp_path: Path) -> None:
    async def act(log: SessionLog, output: int) -> None:
        os.write(output, b"said\nhalf a li")
        while not log.last_line:  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0)
        log.add("sandbox: noted")

    log, batches = shipped(tmp_path, act)

    assert messages(batches) == ["said", "half a li", "sandbox: noted"]
    assert log.last_line == "said"


def test_who_prints_faster_than_can_be_shipped_loses_the_oldest_and_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_log, "_PENDING_BYTES", 100)

    async def act(_: SessionLog, output: int) -> None:
        os.write(output, b"".join(b"%09d\n" % number for number in range(50)))

    _, batches = shipped(tmp_path, act)

    reported, *kept = messages(batches)
    assert reported == "sandbox: 39 lines before this one were printed faster than they could be stored"
    assert kept == [f"{number:09d}" for number in range(39, 50)]


def test_a_process_that_outlives_the_session_does_not_hold_up_its_end(tmp_path: Path) -> None:
    async def run() -> str:
        async def ship(_group: str, _stream: str, _events: list[Event]) -> None:
            return

        log = SessionLog(tmp_path, GROUP, "s" * 33, ship)
        output, write_end = os.pipe()
        try:
            await log.follow(output)
            os.write(write_end, b"still open\n")
            await log.drain(0.1)
            await log.close()
        finally:
            os.close(write_end)
        return log.last_line

    assert asyncio.run(run()) == "still open"
