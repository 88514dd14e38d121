"""Sends a run's events from the journal to one connection, in order and in pages."""

from collections.abc import Callable
from typing import Final

from contract.errors import ErrorCode, RunError
from runtime.delivery import frames
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.journal import Journal

_PAGE_SIZE: Final = 100


class Replay:
    """Replays runs to sockets; only for runs that have ended: while a run is live, its worker is the only sender."""

    def __init__(self, journal: Journal, connections: Connections) -> None:
        self._journal = journal
        self._connections = connections

    def send(self, connection_id: str, run_id: str, after: int, has_time: Callable[[], bool]) -> None:
        """Post every event after `after`, the final one in any case; stops without error when the connection is gone.

        RunError THROTTLED when `has_time` returns False or the socket accepts no more: the message names the event to
        resume after.
        """
        last = self._journal.head(run_id).last_seq
        # A client that resumes after the end would wait for it for ever.
        sent = after if last is None else min(after, last - 1)
        for event in self._journal.scan(run_id, sent, _PAGE_SIZE):
            if not has_time():
                raise _stopped(run_id, sent)
            try:
                if not self._connections.post(connection_id, frames.event(event)):
                    return
            except NotDeliveredError:
                raise _stopped(run_id, sent) from None
            sent = event.seq


def _stopped(run_id: str, sent: int) -> RunError:
    message = f"The replay was stopped after event {sent}; send resume with after={sent} for the rest."
    return RunError(ErrorCode.THROTTLED, message, run_id)
