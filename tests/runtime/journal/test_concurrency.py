"""Any number of writers at once: a gapless journal, one end, and no word of a worker that lost its run."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Barrier
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.errors import ErrorCode, RunError
from contract.events import FINAL_EVENTS, Event, EventType
from runtime.journal import AlreadyClaimed, Journal, LostEpoch, NewRun, RunEnded, RunWriter

pytestmark = pytest.mark.dynamodb

NewRuns = Callable[[], NewRun]
Result = TypeVar("Result")

# every example makes a run of its own, so sharing the fixtures is what is wanted
SETTINGS = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class Worker:
    """A worker's script and its story. A worker without a claim takes the run over from whoever has it."""

    name: int
    claims: bool
    texts: int
    ending: EventType | None
    epoch: int = 0
    written: list[int] = field(default_factory=list)
    returned: list[Event] = field(default_factory=list)
    first: int = 1

    def work(self, journal: Journal, run_id: str) -> None:
        try:
            head = journal.claim(run_id) if self.claims else journal.takeover(run_id, silent_for=0)
            self.epoch = head.epoch
            self.first = 1 if self.claims else journal.latest(run_id)[1].seq
            writer = RunWriter(journal, head, self.first)
            for number in range(self.texts):
                self._keep(writer.append(EventType.TEXT, {"worker": self.name, "number": number}))
            if self.ending is not None:
                self._keep(writer.finish(self.ending, {"worker": self.name}, {}))
        except (AlreadyClaimed, LostEpoch, RunEnded):
            return

    def _keep(self, events: list[Event]) -> None:
        self.returned += events
        self.written.append(events[-1].seq)


def at_once(tasks: Sequence[Callable[[], Result]]) -> list[Result]:
    """What each task returns; all begin at the same moment."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], Result]) -> Result:
        start.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


workers = st.builds(
    Worker,
    name=st.integers(0, 2**31),
    claims=st.booleans(),
    texts=st.integers(0, 6),
    ending=st.sampled_from([None, EventType.RUN_SUCCEEDED, EventType.RUN_CANCELLED]),
)


@SETTINGS
@given(
    others=st.lists(workers, max_size=3, unique_by=lambda worker: worker.name),
    closings=st.lists(st.sampled_from(list(FINAL_EVENTS)), max_size=2),
    cancels=st.integers(0, 2),
)
def test_any_writers_leave_a_gapless_journal_with_one_end(
    journal: Journal, new_run: NewRuns, others: list[Worker], closings: list[EventType], cancels: int
) -> None:
    run_id = journal.accept(new_run())[0].run_id
    crew = [Worker(-1, claims=True, texts=6, ending=None), *(replace(worker) for worker in others)]
    tasks: list[Callable[[], object]] = [partial(worker.work, journal, run_id) for worker in crew]
    tasks += [partial(journal.close, run_id, ending, {}) for ending in closings]
    tasks += [lambda: journal.request_cancel(run_id)] * cancels

    at_once(tasks)
    journal.close(run_id, EventType.RUN_FAILED, {})

    events = journal.read(run_id, limit=1000)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.type.ends_run for event in events] == [False] * (len(events) - 1) + [True]
    head = journal.head(run_id)
    assert (head.status, head.last_seq) == (FINAL_EVENTS[events[-1].type], len(events))
    kinds = [event.type for event in events]
    assert kinds.count(EventType.CANCEL_REQUESTED) == (1 if head.cancel_requested else 0)
    assert kinds.count(EventType.RUN_ACCEPTED) == 1
    assert_fenced(events, crew)
    for worker in crew:
        assert worker.returned == [event for event in events if worker.first < event.seq <= last_of(worker)]
        said = [event.seq for event in events if event.data.get("worker") == worker.name]
        assert said == worker.written


def last_of(worker: Worker) -> int:
    return worker.written[-1] if worker.written else 0


def assert_fenced(events: list[Event], crew: list[Worker]) -> None:
    """Each takeover raised the epoch by one, and behind it nothing stands that was written under a lower one."""
    epochs = {worker.name: worker.epoch for worker in crew}
    current = 1
    for event in events:
        if event.type is EventType.HANDED_OVER:
            current += 1
            assert event.data == {"epoch": current}
        elif "worker" in event.data:
            assert epochs[event.data["worker"]] == current


def test_a_start_that_is_sent_many_times_makes_one_run(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()

    answers = at_once([lambda: journal.accept(run)] * 8)

    assert sorted(created for _, created in answers) == [False] * 7 + [True]
    assert [event.type for event in journal.read(run.run_id)] == [EventType.RUN_ACCEPTED]
    assert [head.run_id for head in journal.runs(run.owner)] == [run.run_id]


@pytest.mark.parametrize("is_new", [True, False])
def test_one_of_many_runs_gets_the_session(journal: Journal, new_run: NewRuns, is_new: bool) -> None:
    first = new_run()
    if not is_new:
        journal.accept(first)
        journal.close(first.run_id, EventType.RUN_CANCELLED, {})
    runs = [replace(new_run(), session_id=first.session_id, owner=first.owner) for _ in range(6)]

    def accept(run: NewRun) -> tuple[str | None, ErrorCode | None]:
        try:
            return journal.accept(run)[0].run_id, None
        except RunError as refused:
            return refused.run_id, refused.code

    answers = at_once([partial(accept, run) for run in runs])

    winner = journal.runs(first.owner, limit=1)[0]
    assert len(journal.runs(first.owner)) == (1 if is_new else 2)
    assert sorted(answers, key=str) == [(winner.run_id, ErrorCode.CONFLICT)] * 5 + [(winner.run_id, None)]


def test_one_of_many_workers_gets_the_run(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)

    def claim() -> bool:
        try:
            return journal.claim(run.run_id).epoch == 1
        except AlreadyClaimed:
            return False

    assert sorted(at_once([claim] * 8)) == [False] * 7 + [True]


def test_a_heartbeat_beside_every_write_disturbs_none(journal: Journal, new_run: NewRuns) -> None:
    run = new_run()
    journal.accept(run)
    head = journal.claim(run.run_id)
    writer = RunWriter(journal, head, 1)

    def beat() -> None:
        for number in range(20):
            journal.subscribe(run.run_id, f"c{number}", 0)
            journal.heartbeat(run.run_id, 1)

    def write() -> None:
        for number in range(20):
            writer.append(EventType.TEXT, {"text": str(number)})
            journal.request_cancel(run.run_id)
        writer.finish(EventType.RUN_CANCELLED, {}, {})

    at_once([beat, write])

    assert len(journal.read(run.run_id)) == 23


def test_a_step_is_begun_or_refused_by_one_of_many(journal: Journal, new_run: NewRuns) -> None:
    run = replace(new_run(), workflow="arn:aws:states:us-east-1:000000000000:execution:analysis:0199")
    journal.accept(run)

    def begin() -> bool:
        try:
            return journal.claim_step(run.run_id, 1)[0].step == 1
        except AlreadyClaimed:
            return False

    taken = at_once([begin, lambda: journal.mark_step_lost(run.run_id, 1, {})] * 4)

    assert sorted(taken) == [False] * 7 + [True]
    assert journal.head(run.run_id).epoch == 1


def test_events_of_others_beside_a_worker_leave_no_gap(journal: Journal, new_run: NewRuns) -> None:
    run = replace(new_run(), workflow="arn:aws:states:us-east-1:000000000000:execution:analysis:0199")
    journal.accept(run)
    writer = RunWriter(journal, *journal.claim_step(run.run_id, 1))

    def write() -> None:
        for number in range(20):
            writer.append(EventType.TEXT, {"text": str(number)})

    def visit() -> None:
        for number in range(5):
            journal.append(run.run_id, EventType.AGENT_INVOCATION_STARTED, {"attempt": number})

    at_once([write, visit, visit])

    assert [event.seq for event in journal.read(run.run_id)] == list(range(1, 32))
