import re
import time

import pytest

from contract.trace_context import TraceContext


def test_a_trace_is_written_as_w3c_and_as_xray_want_it() -> None:
    trace = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")

    assert trace.traceparent == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert trace.xray_header == "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1"


def test_a_new_trace_begins_with_the_time_and_is_no_other() -> None:
    before = int(time.time())
    one, other = TraceContext.new(), TraceContext.new()

    assert before <= int(one.trace_id[:8], 16) <= time.time()
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", one.traceparent)
    assert one.trace_id != other.trace_id
    assert one.span_id != other.span_id


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"


@pytest.mark.parametrize("value", [f"01-{TRACE}-01", f"01-{TRACE}-01-", f"cc-{TRACE}-01-what-the-future-will-be-like"])
def test_a_later_version_is_read_as_far_as_it_is_known(value: str) -> None:
    trace = TraceContext.from_traceparent(value)

    assert trace is not None
    assert trace.traceparent == f"00-{TRACE}-01"


@pytest.mark.parametrize(
    "value",
    [
        f"00-{TRACE}-01-more",
        f"ff-{TRACE}-01",
        f"01-{TRACE}-01.more",
        f"01-{TRACE}-0",
        f"01-{TRACE}-01-{'x' * 500}",
        f"01-{TRACE.upper()}-01",
        f"01-{'0' * 32}-00f067aa0ba902b7-01",
    ],
)
def test_what_no_version_allows_is_no_trace(value: str) -> None:
    assert TraceContext.from_traceparent(value) is None
