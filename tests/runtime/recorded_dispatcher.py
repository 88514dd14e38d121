"""Stands in for the invocation of the worker function."""

from runtime.process.dispatch import Dispatcher, DispatchError


class RecordedDispatcher(Dispatcher):
    """Notes the runs that are handed off."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.failure: DispatchError | None = None

    def dispatch(self, run_id: str, traceparent: str = "") -> None:  # noqa: ARG002  as the original
        if self.failure:
            raise self.failure
        self.runs.append(run_id)
