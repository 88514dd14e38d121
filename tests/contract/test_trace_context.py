import re
import time

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
