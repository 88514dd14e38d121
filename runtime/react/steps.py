"""What every function of the workflow does around its work: the run's head, its log lines and its span."""

from collections.abc import Iterator
from contextlib import contextmanager

from runtime.delivery.connections import Connections, NoConnections
from runtime.journal import Head, Journal
from runtime.process.logs import run_lines
from runtime.react.environment import ReactEnvironment
from runtime.tracing.spans import current_context, traced


@contextmanager
def step(name: str, journal: Journal, run_id: str) -> Iterator[Head]:
    """The run's head; lines of the log and spans that are written inside belong to the run. Raises RunError
    UNKNOWN_RUN."""
    with run_lines(run_id):
        head = journal.head(run_id)
        with traced(name, current_context(head.traceparent), {"run_id": run_id}):
            yield head


def connections(environment: ReactEnvironment) -> Connections:
    """The sockets of the stack; where it has none, every connection is gone."""
    return Connections.create(environment.callback_url) if environment.callback_url else NoConnections()
