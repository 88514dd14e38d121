"""The dashboard's body: pure, from known names."""

import json
from collections.abc import Iterator
from typing import Any, Final

from components.operations.metrics import FIRST_TEXT, RUNS_ENDED, STATUS
from components.operations.watched import Part, Watched
from contract.events import TERMINAL_STATUSES

PERIOD: Final = 300
WIDTH: Final = 12
HEIGHT: Final = 6
"""A dashboard's grid has 24 columns, so two graphs stand side by side."""

SHOWN: Final = 50
"""Lines of one graph: more cannot be told apart, and a graph may have up to 500."""

Widget = dict[str, Any]
Line = list[Any]


def dashboard_body(region: str, namespace: str, watched: Watched) -> str:
    """The JSON of the dashboard. All names are known; `namespace` is that of the stack's own metrics."""
    graphs = list(_graphs(namespace, watched))
    widgets = [
        {
            "type": "metric",
            "x": number % 2 * WIDTH,
            "y": number // 2 * HEIGHT,
            "width": WIDTH,
            "height": HEIGHT,
            "properties": {"region": region, "period": PERIOD, "view": "timeSeries", "stacked": False, **graph},
        }
        for number, graph in enumerate(graphs)
    ]
    return json.dumps({"widgets": widgets}, separators=(",", ":"))


def _graphs(namespace: str, watched: Watched) -> Iterator[Widget]:
    statuses = sorted(status.value for status in TERMINAL_STATUSES)
    yield _graph("Runs by end", [[namespace, RUNS_ENDED, STATUS, status, {"label": status}] for status in statuses])
    text = [[namespace, FIRST_TEXT, {"stat": stat, "label": stat}] for stat in ("p50", "p95")]
    yield _graph("Time to the first text (ms)", text)
    for group in _groups(watched.functions):
        yield from _functions(group)
    if watched.queues:
        age, depth = "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"
        queues = [["AWS/SQS", age, "QueueName", part.name, {"label": part.label}] for part in watched.queues]
        yield _graph("Queues: age of the oldest message (s)", queues, "Maximum")
        queues = [["AWS/SQS", depth, "QueueName", part.name, {"label": part.label}] for part in watched.queues]
        yield _graph("Queues: messages", queues, "Maximum")
    if watched.tables:
        throttles = ("ReadThrottleEvents", "WriteThrottleEvents")
        tables = [
            ["AWS/DynamoDB", metric, "TableName", part.name, {"label": f"{part.label} {metric}"}]
            for part in watched.tables
            for metric in throttles
        ]
        yield _graph("Tables: throttled requests", tables)
    if watched.state_machines:
        yield from _state_machines(watched.state_machines)


def _functions(parts: tuple[Part, ...]) -> Iterator[Widget]:
    yield _graph("Functions: errors", [_function(part, "Errors") for part in parts])
    yield _graph("Functions: throttles", [_function(part, "Throttles") for part in parts])
    share: list[Line] = []
    for number, part in enumerate(parts):
        timeout = part.timeout * 1_000
        share.append([{"expression": f"100*d{number}/{timeout}", "label": f"{part.label} of {part.timeout} s"}])
        hidden = {"id": f"d{number}", "stat": "p95", "visible": False}
        share.append(["AWS/Lambda", "Duration", "FunctionName", part.name, hidden])
    graph = _graph("Functions: duration p95 (% of the timeout)", share)
    yield {**graph, "yAxis": {"left": {"min": 0, "max": 100}}}


def _function(part: Part, metric: str) -> Line:
    return ["AWS/Lambda", metric, "FunctionName", part.name, {"label": part.label}]


def _state_machines(parts: tuple[Part, ...]) -> Iterator[Widget]:
    ends = ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled")
    lines: list[Line] = [
        ["AWS/States", metric, "StateMachineArn", part.name, {"label": f"{part.label} {metric}"}]
        for part in parts
        for metric in ends
    ]
    yield _graph("State machines: failures, timeouts, stops, throttles", lines)
    quota: list[Line] = [
        ["AWS/States", metric, "ServiceMetric", "StateTransition", {"label": label, "stat": stat}]
        for metric, label, stat in (
            ("ConsumedCapacity", "used", "Sum"),
            ("ThrottledEvents", "throttled", "Sum"),
            ("ProvisionedRefillRate", "quota per second", "Maximum"),
        )
    ]
    yield _graph("State transitions of the account against their quota", quota)


def _graph(title: str, metrics: list[Line], stat: str = "Sum") -> Widget:
    return {"title": title, "stat": stat, "metrics": metrics}


def _groups(parts: tuple[Part, ...]) -> Iterator[tuple[Part, ...]]:
    """As many functions as one graph shows."""
    for start in range(0, len(parts), SHOWN):
        yield parts[start : start + SHOWN]
