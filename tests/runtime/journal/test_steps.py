"""A background run in the journal: agents that work in turn, each in a step of its own that begins once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import Event, EventType, Status
from contract.run_ids import new_run_id
from runtime.journal import AlreadyClaimed, Head, Journal, LostEpoch, NewRun, RunEnded, RunWriter

pytestmark = pytest.mark.dynamodb

NewRuns = Callable[[], NewRun]
TEXT = {"text": "1,794"}
WORKFLOW = "arn:aws:states:us-east-1:000000000000:execution:analysis:0199"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def kinds(events: list[Event]) -> list[str]:
    return [event.type.value for event in events]


@pytest.fixture
def run(journal: Journal, new_run: NewRuns) -> NewRun:
    """An accepted background run that one connection follows."""
    made = replace(
        new_run(),
        agent="analysis",
        connection_id="c1",
        workflow=WORKFLOW,
        traceparent=f"00-{TRACE}-b7ad6b7169203331-01",
        agents=("explorer", "reporter"),
    )
    journal.accept(made)
    return made


def begun(journal: Journal, run: NewRun, step: int = 1) -> RunWriter:
    return RunWriter(journal, *journal.claim_step(run.run_id, step))


def done(journal: Journal, run: NewRun, step: int = 1) -> RunWriter:
    """The step's writer, after the step."""
    writer = begun(journal, run, step)
    writer.complete_step(step, f"step-{step}", {"step": step}, {})
    return writer


def test_a_background_run_cannot_take_part_in_a_session_that_somebody_has(journal: Journal, new_run: NewRuns) -> None:
    session, streamed = new_run_id(), new_run()
    journal.accept(replace(streamed, session_id=session))
    journal.close(streamed.run_id, EventType.RUN_SUCCEEDED, {})

    with pytest.raises(RunError, match="has the id of a session; use another run id") as refused:
        journal.accept(replace(new_run(), run_id=session, session_id=session, owner=streamed.owner, workflow=WORKFLOW))

    assert refused.value.code is ErrorCode.CONFLICT
    assert [head.run_id for head in journal.runs(streamed.owner)] == [streamed.run_id]


def test_a_background_run_says_what_carries_it(journal: Journal, run: NewRun) -> None:
    head, first = journal.latest(run.run_id)

    assert (head.workflow, head.traceparent) == (WORKFLOW, run.traceparent)
    assert (head.step, head.step_done, head.output) == (0, 0, "")
    assert first.data["agents"] == ["explorer", "reporter"]
    assert (first.data["trace_id"], first.data["workflow"]) == (TRACE, WORKFLOW)


def test_a_run_without_a_trace_has_no_trace_id(journal: Journal, new_run: NewRuns) -> None:
    run = replace(new_run(), workflow=WORKFLOW)
    journal.accept(run)

    assert journal.latest(run.run_id)[1].data["trace_id"] == ""


def test_a_step_begins_once(journal: Journal, run: NewRun, advance: Callable[[float], None]) -> None:
    journal.append(run.run_id, EventType.AGENT_INVOCATION_STARTED, {"step": 1})
    before = journal.head(run.run_id)
    advance(3)

    head, seq = journal.claim_step(run.run_id, 1)

    assert (head.status, head.epoch, head.step, seq) == (Status.RUNNING, 1, 1, 2)
    assert head.heartbeat_at > before.heartbeat_at
    with pytest.raises(AlreadyClaimed):
        journal.claim_step(run.run_id, 1)
    assert journal.head(run.run_id) == head


def test_a_step_waits_for_the_one_before_it(journal: Journal, run: NewRun) -> None:
    with pytest.raises(AlreadyClaimed):
        journal.claim_step(run.run_id, 2)
    writer = begun(journal, run)
    with pytest.raises(AlreadyClaimed):
        journal.claim_step(run.run_id, 2)
    assert not journal.mark_step_lost(run.run_id, 2, {})
    writer.complete_step(1, "step-1", {}, {})

    head, _ = journal.claim_step(run.run_id, 2)

    assert (head.epoch, head.step, head.step_done, head.output) == (2, 2, 1, "step-1")


def test_a_run_that_has_ended_begins_no_step(journal: Journal, run: NewRun) -> None:
    journal.close(run.run_id, EventType.RUN_CANCELLED, {})

    with pytest.raises(RunEnded):
        journal.claim_step(run.run_id, 1)


def test_a_run_that_is_no_workflows_has_no_steps(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    head, _ = journal.accept(run)

    with pytest.raises(AlreadyClaimed):
        journal.claim_step(run.run_id, 1)
    assert journal.claim(run.run_id).epoch == 1
    assert (head.workflow, head.step) == ("", 0)


def test_a_step_is_done_with_its_event_output_and_usage(journal: Journal, run: NewRun) -> None:
    writer = begun(journal, run)
    writer.append(EventType.TEXT, TEXT)
    journal.request_cancel(run.run_id)

    events = writer.complete_step(1, "runs/x/steps/01-explorer.json", {"step": 1}, {"input_tokens": 7})

    assert kinds(events) == ["CANCEL_REQUESTED", "AGENT_BACKGROUND_TASK_COMPLETED"]
    head, newest = journal.latest(run.run_id)
    assert newest == events[-1]
    assert (head.step_done, head.output) == (1, "runs/x/steps/01-explorer.json")
    assert (head.usage, head.status) == ({"input_tokens": 7}, Status.RUNNING)


def test_the_worker_of_the_last_step_ends_the_run(journal: Journal, run: NewRun) -> None:
    done(journal, run)

    done(journal, run, 2).finish(EventType.RUN_SUCCEEDED, {}, {"input_tokens": 12})

    head = journal.head(run.run_id)
    assert (head.status, head.usage, head.output) == (Status.SUCCEEDED, {"input_tokens": 12}, "step-2")


def test_a_worker_appends_nothing_after_its_step(journal: Journal, run: NewRun) -> None:
    writer = done(journal, run)

    with pytest.raises(LostEpoch):
        writer.append(EventType.TEXT, TEXT)

    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "AGENT_BACKGROUND_TASK_COMPLETED"]


def test_a_worker_whose_next_step_has_begun_cannot_end_the_run(journal: Journal, run: NewRun) -> None:
    first = done(journal, run)
    begun(journal, run, 2)

    with pytest.raises(LostEpoch):
        first.finish(EventType.RUN_FAILED, {}, {})
    with pytest.raises(LostEpoch):
        first.complete_step(1, "again", {}, {})
    with pytest.raises(LostEpoch):
        journal.heartbeat(run.run_id, 1)

    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "AGENT_BACKGROUND_TASK_COMPLETED"]
    assert journal.head(run.run_id).status is Status.RUNNING


def test_a_step_of_a_closed_run_is_not_completed(journal: Journal, run: NewRun) -> None:
    writer = begun(journal, run)
    journal.close(run.run_id, EventType.RUN_TIMED_OUT, {})

    with pytest.raises(RunEnded):
        writer.complete_step(1, "late", {}, {})

    assert journal.head(run.run_id).step_done == 0


def test_a_refused_step_never_begins(journal: Journal, run: NewRun) -> None:
    refused = journal.mark_step_lost(run.run_id, 1, {"code": "AGENT_LOST", "step": 1})

    assert refused
    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "AGENT_INVOCATION_FAILED"]
    with pytest.raises(AlreadyClaimed):
        journal.claim_step(run.run_id, 1)
    with pytest.raises(AlreadyClaimed):
        journal.claim_step(run.run_id, 2)


def test_a_step_that_has_begun_is_not_refused(journal: Journal, run: NewRun) -> None:
    writer = begun(journal, run)

    assert not journal.mark_step_lost(run.run_id, 1, {})

    assert kinds(writer.append(EventType.TEXT, TEXT)) == ["TEXT"]


def test_a_run_that_has_ended_refuses_no_step(journal: Journal, run: NewRun) -> None:
    journal.close(run.run_id, EventType.RUN_FAILED, {})

    assert not journal.mark_step_lost(run.run_id, 1, {})
    assert kinds(journal.read(run.run_id)) == ["RUN_ACCEPTED", "RUN_FAILED"]


def test_others_append_behind_the_newest_event_until_the_end(journal: Journal, run: NewRun) -> None:
    begun(journal, run).append(EventType.TEXT, TEXT)

    event = journal.append(run.run_id, EventType.AGENT_INVOCATION_STARTED, {"step": 2})
    journal.close(run.run_id, EventType.RUN_FAILED, {})

    assert event is not None
    assert (event.seq, event.type) == (3, EventType.AGENT_INVOCATION_STARTED)
    assert journal.append(run.run_id, EventType.AGENT_INVOCATION_STARTED, {}) is None
    assert len(journal.read(run.run_id)) == 4


def test_an_end_is_not_appended(journal: Journal, run: NewRun) -> None:
    with pytest.raises(ValueError, match="close"):
        journal.append(run.run_id, EventType.RUN_FAILED, {})


def test_steps_of_an_unknown_run_are_refused(journal: Journal) -> None:
    calls: list[Callable[[], object]] = [
        lambda: journal.claim_step("nowhere", 1),
        lambda: journal.mark_step_lost("nowhere", 1, {}),
        lambda: journal.append("nowhere", EventType.AGENT_INVOCATION_STARTED, {}),
    ]
    for call in calls:
        with pytest.raises(RunError, match="There is no run nowhere") as unknown:
            call()
        assert unknown.value.code is ErrorCode.UNKNOWN_RUN


def test_cursors_are_kept_for_the_next_worker(journal: Journal, run: NewRun) -> None:
    journal.subscribe(run.run_id, "Lq0dR=", 3)
    head, _ = journal.claim_step(run.run_id, 1)
    journal.subscribe(run.run_id, "newcomer", 0)

    journal.store_cursors(head, {"c1": 9, "Lq0dR=": 3})

    assert journal.head(run.run_id).subscribers == {"c1": 9, "Lq0dR=": 3, "newcomer": 0}


def test_what_a_connection_asked_for_meanwhile_stands_before_its_cursor(journal: Journal, run: NewRun) -> None:
    for connection in ("gone", "again"):
        journal.subscribe(run.run_id, connection, 0)
    head, _ = journal.claim_step(run.run_id, 1)
    journal.unsubscribe(run.run_id, "gone")
    journal.subscribe(run.run_id, "again", 2)

    journal.store_cursors(head, {"c1": 9, "gone": 9, "again": 9, "never there": 4})

    assert journal.head(run.run_id).subscribers == {"c1": 9, "again": 2}


def test_cursors_of_as_many_connections_as_may_follow_are_kept_at_once(journal: Journal, run: NewRun) -> None:
    names = [f"connection-{number}" for number in range(49)]
    for name in names:
        journal.subscribe(run.run_id, name, 0)
    head, _ = journal.claim_step(run.run_id, 1)
    cursors = {name: number + 1 for number, name in enumerate(["c1", *names])}

    journal.store_cursors(head, cursors)

    assert journal.head(run.run_id).subscribers == cursors


def test_a_worker_that_lost_the_run_keeps_no_cursors(journal: Journal, run: NewRun) -> None:
    head: Head = journal.claim_step(run.run_id, 1)[0]
    RunWriter(journal, head, 1).complete_step(1, "", {}, {})
    journal.claim_step(run.run_id, 2)

    with pytest.raises(LostEpoch):
        journal.store_cursors(head, {"c1": 9})

    assert journal.head(run.run_id).subscribers == {"c1": 0}
