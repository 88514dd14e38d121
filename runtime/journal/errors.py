"""The reasons for a worker to stop: another worker has the run, or the run has ended."""

from collections.abc import Sequence

from contract.errors import ErrorCode, RunError
from contract.events import Event


class AlreadyClaimed(RunError):  # noqa: N818  an outcome with a name, not a fault
    """The run is not QUEUED any more, or its worker is not silent: there is nothing to take."""

    def __init__(self, run_id: str) -> None:
        super().__init__(ErrorCode.CONFLICT, f"Run {run_id} has a worker already, or has ended.", run_id)


class LostEpoch(RunError):  # noqa: N818  as above
    """Another worker has taken the run over: stop, and write no more."""

    def __init__(self, run_id: str, epoch: int) -> None:
        super().__init__(ErrorCode.CONFLICT, f"Run {run_id} was taken over; epoch {epoch} has lost it.", run_id)


class RunEnded(RunError):  # noqa: N818  as above
    """Somebody else has closed the run. `events` are those not seen before, the closing one last."""

    def __init__(self, run_id: str, events: Sequence[Event]) -> None:
        super().__init__(ErrorCode.CONFLICT, f"Run {run_id} has ended.", run_id)
        self.events = list(events)
