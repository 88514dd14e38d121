"""The trace that joins a background run: made by the client, carried by the event, gone on with by all that works."""

import os
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TraceContext:
    """`trace_id` is 32 hexadecimal digits, `span_id` 16: the caller's own step, which the others are below."""

    trace_id: str
    span_id: str

    @classmethod
    def new(cls) -> "TraceContext":
        """A new trace. Its id begins with the time, as X-Ray's do, so that X-Ray takes it."""
        return cls(f"{int(time.time()):08x}{os.urandom(12).hex()}", os.urandom(8).hex())

    @property
    def traceparent(self) -> str:
        """As W3C writes it, sampled."""
        return f"00-{self.trace_id}-{self.span_id}-01"

    @property
    def xray_header(self) -> str:
        """The same as X-Ray writes it."""
        return f"Root=1-{self.trace_id[:8]}-{self.trace_id[8:]};Parent={self.span_id};Sampled=1"
