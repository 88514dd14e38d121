"""Starts the run whose turn comes when another one of its session has ended."""

from collections.abc import Callable

from runtime.journal import Head, Journal
from runtime.process.dispatch import Dispatcher, DispatchError
from runtime.process.logs import log


class NextRuns:
    """For every process that ends runs. What is not started here is started by the next reader of the waiting run."""

    def __init__(self, journal: Journal, dispatcher: Callable[[], Dispatcher]) -> None:
        """`dispatcher` is called where there is a next run: few processes need its client."""
        self._journal = journal
        self._dispatcher = dispatcher

    def start_after(self, run_id: str) -> str | None:
        """Invoke the worker of the next run, where this one has ended and another one waits; returns its id. A failure
        is logged: the end of a run must not depend on the next."""
        try:
            head = self._journal.head(run_id)
            if not head.status.is_terminal or not head.next_run:
                return None
            released = self._journal.messages.release_next(head)
            if released is None:
                return None
            self._dispatcher().dispatch(released.run_id, released.traceparent)
        except DispatchError:
            log("next_run.not_started", level="ERROR", run_id=run_id, exc_info=True)
        except Exception:
            log("next_run.failed", level="ERROR", run_id=run_id, exc_info=True)
        else:
            return released.run_id
        return None

    def start(self, waiting: Head) -> Head:
        """Invoke the worker of a run that waits for its turn, where that has come; returns its newest head."""
        released = self._journal.messages.release(waiting)
        if released is None:
            return waiting
        try:
            self._dispatcher().dispatch(released.run_id, released.traceparent)
        except DispatchError:
            log("next_run.not_started", level="ERROR", run_id=released.run_id, exc_info=True)
        return released
