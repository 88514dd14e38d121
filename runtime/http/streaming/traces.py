"""The endpoint's spans: the start of a run, and each response that streams its events."""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from runtime.http.streaming.event_stream import LEFT, StreamLog
from runtime.journal import Head
from runtime.tracing.export import collector
from runtime.tracing.labels import RunLabels
from runtime.tracing.spans import XRAY_VARIABLE, Span, ended, started

_SERVICE: Final = "stream"


@dataclass(frozen=True, slots=True)
class CallerTrace:
    """The caller's place in a trace, in W3C's form, and X-Ray's place of this invocation; both empty for none."""

    traceparent: str = ""
    xray: str = ""

    @classmethod
    def of(cls, request: Request) -> "CallerTrace":
        """The Lambda Web Adapter passes the first on, and sets the second for each invocation."""
        return cls(request.headers.get("traceparent", ""), request.headers.get("x-amzn-trace-id", ""))


UNTRACED: Final = CallerTrace()


@contextmanager
def starting(caller: CallerTrace, variables: Mapping[str, str] = os.environ) -> Iterator[Span]:
    """The root span of a run; see started. Nobody waits for its export: the process goes on while it streams."""
    known = {**variables, XRAY_VARIABLE: caller.xray}
    with started(_SERVICE, caller.traceparent, known, waits=False) as span:
        yield span


async def streamed(
    head: Head, after: int, sent: StreamLog, began: int, variables: Mapping[str, str] = os.environ
) -> None:
    """Send the span of a response that has sent its last event; `began` is in Unix nanoseconds. Lambda freezes the
    process after the response, so it is waited for, but not where the reader is gone."""
    if not collector(variables):
        return
    attributes = {**RunLabels.of(head).attributes(), "after": after, "events": sent.events, "end": sent.end}
    span = (_SERVICE, head.traceparent, began, time.time_ns(), attributes, variables)
    if sent.end == LEFT:
        ended(*span, waits=False)
    else:
        await asyncio.to_thread(ended, *span)
