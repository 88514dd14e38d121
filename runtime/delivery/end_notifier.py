"""Tells a run's followers of an end that its worker did not write."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from contract.errors import ErrorCode
from contract.events import Event
from runtime.delivery import frames
from runtime.delivery.connections import Connections, NotDeliveredError
from runtime.logs import log

_SECONDS: Final = 10.0
"""For all followers: whoever is not served by then finds the end when it resumes."""


class EndNotice:
    """Posts what the worker may have left unsent. A follower may get a frame a second time, which it knows by its
    number: what a dead worker had posted is not recorded."""

    def __init__(self, connections: Connections, clock: Callable[[], float] = time.monotonic) -> None:
        self._connections = connections
        self._clock = clock

    def send(self, subscribers: Mapping[str, int], events: Sequence[Event]) -> None:
        """Post the events behind each connection's number, in order; the last is the run's end, which all get. An end
        with a code is announced by an error frame."""
        until = self._clock() + _SECONDS
        for connection_id, after in subscribers.items():
            if self._clock() > until:
                log("end_notice.out_of_time", level="WARNING", run_id=events[-1].run_id, connections=len(subscribers))
                return
            self._tell(connection_id, [event for event in events[:-1] if event.seq > after], events[-1], until)

    def _tell(self, connection_id: str, missed: Sequence[Event], ending: Event, until: float) -> None:
        to_send = [*(frames.event(event) for event in missed), *_ending_frames(ending)]
        try:
            for frame in to_send:
                if self._clock() > until or not self._connections.post(connection_id, frame):
                    return
        except NotDeliveredError as problem:
            log(
                "end_notice.not_delivered",
                level="WARNING",
                run_id=ending.run_id,
                connection_id=connection_id,
                reason=str(problem),
            )


def _ending_frames(ending: Event) -> list[bytes]:
    code = ending.data.get("code")
    if code is None:
        return [frames.event(ending)]
    return [frames.error(ErrorCode(code), str(ending.data["error"]), ending.run_id), frames.event(ending)]
