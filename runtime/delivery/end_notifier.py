"""Notifies a run's subscribers of an end that its worker did not write."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from contract.errors import ErrorCode
from contract.events import Event
from runtime.delivery import frames
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.process.logs import log

_SECONDS: Final = 10.0
"""For all subscribers: those that are not served by then find the end when they resume."""


class EndNotifier:
    """Posts what the worker may have left unsent. A subscriber may get a frame twice, which it recognises by its
    number: nothing records what a dead worker has posted."""

    def __init__(self, connections: Connections, clock: Callable[[], float] = time.monotonic) -> None:
        self._connections = connections
        self._clock = clock

    def send(self, subscribers: Mapping[str, int], events: Sequence[Event]) -> None:
        """Post the events after each connection's number, in order; all get the last, the run's final event. A final
        event with a code is preceded by an error frame."""
        until = self._clock() + _SECONDS
        for connection_id, after in subscribers.items():
            if self._clock() > until:
                log("end_notifier.out_of_time", level="WARNING", run_id=events[-1].run_id, connections=len(subscribers))
                return
            self._notify(connection_id, [event for event in events[:-1] if event.seq > after], events[-1], until)

    def _notify(self, connection_id: str, missed: Sequence[Event], final: Event, until: float) -> None:
        to_send = [*(frames.event(event) for event in missed), *_final_frames(final)]
        try:
            for frame in to_send:
                if self._clock() > until or not self._connections.post(connection_id, frame):
                    return
        except NotDeliveredError as problem:
            log(
                "end_notifier.not_delivered",
                level="WARNING",
                run_id=final.run_id,
                connection_id=connection_id,
                reason=str(problem),
            )


def _final_frames(final: Event) -> list[bytes]:
    code = final.data.get("code")
    if code is None:
        return [frames.event(final)]
    return [frames.error(ErrorCode(code), str(final.data["error"]), final.run_id), frames.event(final)]
