"""What every function of the workflow does around its work: the run's head, its log lines and its span."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from contract.errors import ErrorCode, RunError
from runtime.delivery.connections import Connections, NoConnections
from runtime.delivery.turns import TurnDelivery
from runtime.journal import AlreadyClaimed, Head, Journal
from runtime.journal.jobs import Job
from runtime.process.logs import run_lines
from runtime.react.ending.step_errors import JournalBusy
from runtime.react.environment import ReactEnvironment
from runtime.tracing.labels import RunLabels
from runtime.tracing.spans import current_context, traced

Claimed = tuple[Head, int]
"""A run's head under a new epoch, and the number of an event for its RunWriter, see Journal.claim_turn: 0 where the run
cannot be claimed because it has ended."""


@contextmanager
def step(name: str, journal: Journal, run_id: str) -> Iterator[Head]:
    """The run's head, whose `traceparent` is the place of this function in the run's trace; lines of the log and spans
    that are written inside belong to the run. Raises RunError UNKNOWN_RUN, and JournalBusy where the block raises
    RunError THROTTLED."""
    with _lines(run_id), _traced(name, journal.head(run_id)) as head:
        yield head


@contextmanager
def job_step(name: str, journal: Journal, run_id: str, job_id: str) -> Iterator[tuple[Head, Job | None]]:
    """Like step, of a function that works on a job: the run's head, and the job (None where it is unknown)."""
    with _lines(run_id):
        known, job = journal.jobs.get_with_head(run_id, job_id)
        with _traced(name, known) as head:
            yield head, job


@contextmanager
def claimed_step(name: str, journal: Journal, delivery: TurnDelivery, run_id: str, seq: int) -> Iterator[Claimed]:
    """Like step, of a function that writes events: the run's subscribers get them after the block, also after one that
    has failed."""
    with _lines(run_id):
        try:
            claimed, newest = journal.claim_turn(run_id, seq=seq)
        except AlreadyClaimed:
            claimed, newest = journal.head(run_id), 0
        with _traced(name, claimed, lambda: delivery.deliver(run_id)) as head:
            yield head, newest


@contextmanager
def _lines(run_id: str) -> Iterator[None]:
    with run_lines(run_id):
        try:
            yield
        except RunError as problem:
            raise named(problem) from problem.__cause__


@contextmanager
def _traced(name: str, head: Head, afterwards: Callable[[], object] = lambda: None) -> Iterator[Head]:
    context, labels = current_context(head.traceparent), RunLabels.of(head)
    with traced(name, context, labels=labels, afterwards=afterwards) as span:
        yield replace(head, traceparent=span.place.traceparent)


def named(problem: RunError) -> Exception:
    """The error itself, or that with which the state machine tries a step again: the journal is busy."""
    return JournalBusy(problem.message) if problem.code is ErrorCode.THROTTLED else problem


def connections(environment: ReactEnvironment) -> Connections:
    """The sockets of the stack; where it has none, every connection is gone."""
    return Connections.create(environment.callback_url) if environment.callback_url else NoConnections()
