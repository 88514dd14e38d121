"""The frame of a Lambda handler: one service a process, warm-up events, one line of the log an invocation."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from runtime.process.logs import log

S = TypeVar("S")
R = TypeVar("R")


class LambdaContext(Protocol):
    """What handlers read of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Served(Generic[R]):
    """The reply to an invocation, and fields for its line in the log."""

    reply: R
    fields: Mapping[str, Any] = field(default_factory=dict)


class LambdaFunction(Generic[S, R]):
    """A Lambda handler. `name` is the prefix of its log events. `create` makes the service at the first call, which the
    process then keeps; a failure is not kept. `{"warm": true}` makes the service and returns `warm_reply`.

    An exception passes on to Lambda, unless `on_failure` returns a reply for it: then it is logged.
    """

    def __init__(
        self,
        name: str,
        create: Callable[[], S],
        serve: Callable[[S, Mapping[str, Any], Any], Served[R]],
        warm_reply: R,
        on_failure: Callable[[Mapping[str, Any], Exception], Served[R] | None] = lambda _event, _error: None,
    ) -> None:
        self._name = name
        self._create = create
        self._serve = serve
        self._warm_reply = warm_reply
        self._on_failure = on_failure
        self.service: S | None = None

    def __call__(self, event: Mapping[str, Any], context: object) -> R:
        started = time.monotonic()
        try:
            if self.service is None:
                self.service = self._create()
            if event.get("warm"):
                return self._warm_reply
            served = self._serve(self.service, event, context)
        except Exception as error:
            failed = self._on_failure(event, error)
            if failed is None:
                raise
            log(f"{self._name}.failed", level="ERROR", exc_info=True)
            served = failed
        elapsed_ms = round((time.monotonic() - started) * 1000, 1)
        log(f"{self._name}.served", **served.fields, elapsed_ms=elapsed_ms)
        return served.reply
