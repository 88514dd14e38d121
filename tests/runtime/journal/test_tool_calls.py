"""What is read of a run with large data: names and ids, without the payload store."""

from collections.abc import Callable

import pytest

from contract.events import EventType
from runtime.journal import Journal, NewRun
from runtime.journal.event_log import INLINE_BYTES
from runtime.journal.tool_calls import tools_at_work

LARGE = "x" * (INLINE_BYTES + 1)


@pytest.fixture
def run_id(journal: Journal, new_run: Callable[[], NewRun], payload_bodies: dict[str, bytes]) -> str:
    """A run that has called three tools and got one result, with large data; the payload store cannot be read."""
    run = new_run()
    journal.accept(run)
    for name in ("read", "crash", "count"):
        call = {"tool_use_id": f"id-{name}", "name": name, "input": {"all": LARGE}}
        journal.append(run.run_id, EventType.TOOL_CALL, call)
    result = {"tool_use_id": "id-read", "status": "success", "content": LARGE}
    journal.append(run.run_id, EventType.TOOL_RESULT, result)
    assert len(payload_bodies) == 4
    payload_bodies.clear()
    return run.run_id


def test_tools_without_a_result_are_named_without_their_payloads(journal: Journal, run_id: str) -> None:
    assert tools_at_work(journal, run_id) == ", with its tools crash and count called and without a result"


def test_a_run_is_ended_without_the_payload_of_its_newest_event(journal: Journal, run_id: str) -> None:
    final = journal.close(run_id, EventType.RUN_FAILED, {})

    assert final is not None
    assert final.seq == 6


@pytest.mark.parametrize("page", [2, 16, 100])
def test_texts_are_read_without_the_payloads_of_other_events(journal: Journal, run_id: str, page: int) -> None:
    journal.append(run_id, EventType.TEXT, {"text": LARGE})

    events = list(journal.scan(run_id, 0, page, complete={EventType.TEXT}))

    assert [event.seq for event in events] == [1, 2, 3, 4, 5, 6]
    assert events[4].data == {"tool_use_id": "id-read", "status": "success"}
    assert events[5].data == {"text": LARGE}


def test_a_reader_of_everything_gets_the_payloads(
    journal: Journal, new_run: Callable[[], NewRun], payload_bodies: dict[str, bytes]
) -> None:
    run = new_run()
    journal.accept(run)
    data = {"tool_use_id": "1", "status": "success", "content": LARGE}
    journal.append(run.run_id, EventType.TOOL_RESULT, data)

    assert [event.data for event in journal.scan(run.run_id, 1)] == [data]
    assert len(payload_bodies) == 1


def test_an_ended_run_loses_its_subscribers_at_once_and_an_active_one_keeps_them(
    journal: Journal, new_run: Callable[[], NewRun]
) -> None:
    run = new_run()
    journal.accept(run)
    for number in range(50):
        journal.subscribe(run.run_id, f"c{number}", 0)

    journal.release(run.run_id)
    assert len(journal.head(run.run_id).subscribers) == 50

    journal.close(run.run_id, EventType.RUN_FAILED, {})
    journal.release(run.run_id)
    assert journal.head(run.run_id).subscribers == {}


def test_the_newest_run_of_a_session_is_known(journal: Journal, new_run: Callable[[], NewRun]) -> None:
    run = new_run()
    assert journal.last_run(run.session_id) == ""

    journal.accept(run)
    assert journal.last_run(run.session_id) == run.run_id
