import io
from collections.abc import Mapping

import pytest
from rich.console import Console

from cli.traces.span_tree import rows, show
from cli.traces.spans import Span


def span(
    span_id: str,
    parent_id: str,
    start: float,
    end: float,
    name: str = "",
    error: str = "",
    attributes: Mapping[str, object] | None = None,
) -> Span:
    """A span of a trace that started at 100 s."""
    status = "ERROR" if error else "OK"
    return Span("t", span_id, parent_id, name, "s", start, end, status, error, attributes or {})


EVENT = "the event's own span, which nobody sends"
CALL = {"gen_ai.request.model": "m-1", "gen_ai.usage.input_tokens": 1200, "gen_ai.usage.output_tokens": 85}
TRACE = [
    span("t", "a", 102.2, 102.7, "execute_tool explore", "No such column.\nTraceback"),
    span("m", "a", 101.0, 102.0, "chat", attributes=CALL),
    span("w", EVENT, 100.0, 110.0, "workflow"),
    span("a", "i", 100.3, 104.0, "explorer"),
    span("i", "w", 100.2, 100.25, "invoker"),
    span("d", "w", 100.0, 100.1, "event-door"),
]


def shown(spans: list[Span], width: int) -> list[str]:
    output = io.StringIO()
    show(Console(file=output, width=width), spans)
    return [line.rstrip() for line in output.getvalue().splitlines()]


def test_each_span_stands_below_what_called_it_in_the_order_of_time() -> None:
    assert [(row.guides, row.span.span_id) for row in rows(TRACE)] == [
        ("", "w"),
        ("├ ", "d"),
        ("└ ", "i"),
        ("  └ ", "a"),
        ("    ├ ", "m"),
        ("    └ ", "t"),
    ]


@pytest.mark.parametrize("ring", [{"x": "x"}, {"x": "y", "y": "x"}])
def test_spans_that_call_themselves_in_a_ring_are_shown_once(ring: Mapping[str, str]) -> None:
    spans = [span(span_id, parent, 100, 101) for span_id, parent in ring.items()]
    assert sorted(row.span.span_id for row in rows([*TRACE, *spans])) == sorted("tmwaid" + "".join(ring))


def test_a_deep_trace_does_not_end_the_command() -> None:
    spans = [span(str(depth), str(depth - 1), 100, 101) for depth in range(3_000)]
    assert [row.span.span_id for row in rows(spans)] == [str(depth) for depth in range(3_000)]


def test_names_starts_and_durations_are_shown() -> None:
    assert shown(TRACE, 80) == [
        "span                                           start    took",
        "workflow                                       +0 ms  10.0 s",
        "├ event-door                                   +0 ms  100 ms",
        "└ invoker                                    +200 ms   50 ms",
        "  └ explorer                                 +300 ms   3.7 s",
        "    ├ chat  1200 + 85 tokens                  +1.0 s   1.0 s",
        "    └ execute_tool explore  No such column.   +2.2 s  500 ms",
    ]


def test_a_wide_terminal_has_bars_on_one_scale() -> None:
    lines = shown(TRACE, 120)
    assert [line.count("━") for line in lines[1:]] == [28, 1, 1, 10, 3, 1]
    begins = [line.index("━") for line in lines[1:]]
    assert begins[0] == begins[1] == min(begins)
    assert begins[5] == max(begins)
    assert all("━" not in line for line in shown(TRACE, 99))


def test_a_single_moment_is_a_trace_too() -> None:
    assert "+0 ms" in shown([span("x", "", 100, 100, "only")], 120)[1]


def test_a_narrow_terminal_cuts_names_and_keeps_times() -> None:
    lines = shown(TRACE, 40)
    assert lines[6] == "    └ execute_tool exp…   +2.2 s  500 ms"
    assert len(lines) == 7


def test_names_do_not_reach_for_the_terminal() -> None:
    assert "\x1b" not in "".join(shown([span("x", "", 100, 101, "a\x1b[2Jb")], 80))
