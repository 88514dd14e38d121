"""The place of a span in a trace, in W3C's form (traceparent) and in X-Ray's (X-Amzn-Trace-Id)."""

import os
import re
import time
from dataclasses import dataclass
from typing import Final

_TRACEPARENT: Final = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII
)
_MAX_TRACEPARENT_LENGTH: Final = 512
"""Characters: version 00 has 55, and a later one may add to it."""

_XRAY_ROOT: Final = re.compile(r"1-([0-9a-f]{8})-([0-9a-f]{24})")
_XRAY_PARENT: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A place in a trace: `trace_id` (32 hexadecimal digits) and `span_id` (16), the parent of what is created next."""

    trace_id: str
    span_id: str
    is_sampled: bool = True

    @classmethod
    def new(cls) -> "TraceContext":
        """A new trace. Its id begins with the time in seconds, which X-Ray requires."""
        return cls(f"{int(time.time()):08x}{os.urandom(12).hex()}", _new_span_id())

    @classmethod
    def from_traceparent(cls, value: str) -> "TraceContext | None":
        """None for what is not W3C's form in lower case. A version after 00 may have more fields, which are ignored."""
        match = _TRACEPARENT.fullmatch(value) if len(value) <= _MAX_TRACEPARENT_LENGTH else None
        if match is None:
            return None
        version, trace_id, span_id, flags, more = match.groups()
        if version == "00" and more is not None:
            return None
        return cls(trace_id, span_id, bool(int(flags, 16) & 1))

    @classmethod
    def from_xray_header(cls, value: str) -> "TraceContext | None":
        """None for a header without root or parent, or with a malformed one."""
        parts = dict(part.split("=", 1) for part in value.split(";") if "=" in part)
        root, parent = _XRAY_ROOT.fullmatch(parts.get("Root", "")), _XRAY_PARENT.fullmatch(parts.get("Parent", ""))
        if root is None or parent is None:
            return None
        return cls(root[1] + root[2], parent[0], parts.get("Sampled") == "1")

    @property
    def traceparent(self) -> str:
        """W3C's form."""
        return f"00-{self.trace_id}-{self.span_id}-{int(self.is_sampled):02d}"

    @property
    def xray_header(self) -> str:
        """The form of the header X-Amzn-Trace-Id."""
        root = f"1-{self.trace_id[:8]}-{self.trace_id[8:]}"
        return f"Root={root};Parent={self.span_id};Sampled={int(self.is_sampled)}"

    def child(self) -> "TraceContext":
        """The place below a new span."""
        return TraceContext(self.trace_id, _new_span_id(), self.is_sampled)


def _new_span_id() -> str:
    return os.urandom(8).hex()
