"""What every function of the workflow does around its work: the run's head, its log lines and its span."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from contract.errors import ErrorCode, RunError
from runtime.delivery.connections import Connections, NoConnections
from runtime.delivery.turns import TurnDelivery
from runtime.journal import AlreadyClaimed, Head, Journal
from runtime.journal.jobs import Job
from runtime.process.logs import run_lines
from runtime.react.ending.step_errors import JournalBusy
from runtime.react.environment import ReactEnvironment
from runtime.tracing.spans import Span, current_context, traced

Claimed = tuple[Head, int]
"""A run's head under a new epoch, and the number of an event for its RunWriter, see Journal.claim_turn: 0 where the run
cannot be claimed because it has ended."""


@contextmanager
def step(name: str, journal: Journal, run_id: str) -> Iterator[Head]:
    """The run's head; lines of the log and spans that are written inside belong to the run. Raises RunError
    UNKNOWN_RUN, and JournalBusy where the block raises RunError THROTTLED."""
    with _lines(run_id):
        head = journal.head(run_id)
        with _span(name, head):
            yield head


@contextmanager
def job_step(name: str, journal: Journal, run_id: str, job_id: str) -> Iterator[tuple[Head, Job | None]]:
    """Like step, of a function that works on a job: the run's head, and the job (None where it is unknown)."""
    with _lines(run_id):
        head, job = journal.jobs.get_with_head(run_id, job_id)
        with _span(name, head):
            yield head, job


@contextmanager
def claimed_step(name: str, journal: Journal, delivery: TurnDelivery, run_id: str, seq: int) -> Iterator[Claimed]:
    """Like step, of a function that writes events: the run's subscribers get them after the block, also after one that
    has failed."""
    with _lines(run_id):
        try:
            head, newest = journal.claim_turn(run_id, seq=seq)
        except AlreadyClaimed:
            head, newest = journal.head(run_id), 0
        with _span(name, head, lambda: delivery.deliver(run_id)):
            yield head, newest


@contextmanager
def _lines(run_id: str) -> Iterator[None]:
    with run_lines(run_id):
        try:
            yield
        except RunError as problem:
            raise named(problem) from problem.__cause__


def _span(name: str, head: Head, afterwards: Callable[[], object] = lambda: None) -> AbstractContextManager[Span]:
    return traced(name, current_context(head.traceparent), {"run_id": head.run_id}, afterwards=afterwards)


def named(problem: RunError) -> Exception:
    """The error itself, or that with which the state machine tries a step again: the journal is busy."""
    return JournalBusy(problem.message) if problem.code is ErrorCode.THROTTLED else problem


def connections(environment: ReactEnvironment) -> Connections:
    """The sockets of the stack; where it has none, every connection is gone."""
    return Connections.create(environment.callback_url) if environment.callback_url else NoConnections()
