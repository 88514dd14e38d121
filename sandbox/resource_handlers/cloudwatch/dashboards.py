"""CloudWatch's dashboards. The emulator accepts any body, so what AWS rejects is rejected here."""

import json
import re
from collections.abc import Iterator
from typing import Final

from policies.rules.aws_limits import (
    DASHBOARD_COLUMNS,
    DASHBOARD_METRICS,
    DASHBOARD_NAME,
    DASHBOARD_WIDGETS,
    WIDGET_METRICS,
)
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created
from sandbox.program.registration import Value

_WIDGETS: Final = ("metric", "text", "log", "alarm", "explorer", "custom")


def dashboard(request: Request) -> Created:
    name = request.name("dashboardName", DASHBOARD_NAME)
    body = str(request.need("dashboardBody"))
    for problem in dashboard_problems(body):
        raise ValidationError(f"dashboardBody {problem}")
    request.cloud.cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)
    arn = request.cloud.arn("cloudwatch", f"dashboard/{name}", regional=False)
    return Created(name, {"dashboardName": name, "dashboardArn": arn})


def dashboard_problems(body: str) -> Iterator[str]:
    """What AWS would reject in a dashboard's body."""
    try:
        read = json.loads(body)
    except ValueError as error:
        yield f"is not JSON: {error}"
        return
    widgets = read.get("widgets") if isinstance(read, dict) else None
    if not isinstance(widgets, list):
        yield "has no list of widgets"
        return
    if not DASHBOARD_WIDGETS.allows(len(widgets)):
        yield f"has {len(widgets)} widgets; allowed: {DASHBOARD_WIDGETS}"
    total = 0
    for number, widget in enumerate(widgets):
        yield from (f"widgets[{number}] {problem}" for problem in _widget_problems(widget))
        total += len(_metrics(widget))
    if not DASHBOARD_METRICS.allows(total):
        yield f"has {total:,} metrics; allowed: {DASHBOARD_METRICS}"


def _metrics(widget: Value) -> list[Value]:
    properties = widget.get("properties") if isinstance(widget, dict) else None
    metrics = properties.get("metrics") if isinstance(properties, dict) else None
    return metrics if isinstance(metrics, list) else []


def _widget_problems(widget: Value) -> Iterator[str]:
    if not isinstance(widget, dict) or not isinstance(widget.get("properties"), dict):
        yield "has no properties"
        return
    kind, width = widget.get("type"), widget.get("width", 6)
    if kind not in _WIDGETS:
        yield f"has type {kind!r}; allowed: {', '.join(_WIDGETS)}"
    if not isinstance(width, int) or not 1 <= width <= DASHBOARD_COLUMNS - widget.get("x", 0):
        yield f"has width {width!r} at column {widget.get('x', 0)}; allowed: up to {DASHBOARD_COLUMNS} columns in all"
    properties = widget["properties"]
    if kind == "metric" and "annotations" not in properties:
        yield from _graph_problems(properties)


def _graph_problems(properties: dict[str, Value]) -> Iterator[str]:
    if not properties.get("region"):
        yield "has no region, which a graph of metrics needs"
    metrics = _metrics({"properties": properties})
    if not WIDGET_METRICS.allows(len(metrics)):
        yield f"has {len(metrics)} metrics; allowed: {WIDGET_METRICS}"
    known = {options.get("id") for line in metrics if (options := _options(line))}
    for number, line in enumerate(metrics):
        yield from (f"metrics[{number}] {problem}" for problem in _line_problems(line, known))


def _options(line: Value) -> dict[str, Value]:
    last = line[-1] if isinstance(line, list) and line else None
    return last if isinstance(last, dict) else {}


def _line_problems(line: Value, known: set[Value]) -> Iterator[str]:
    options = _options(line)
    if not isinstance(line, list) or not line:
        yield "is not a list of names"
    elif expression := options.get("expression"):
        for name in re.findall(r"\b[a-z]\w*\b(?!\()", str(expression)):
            if name not in known:
                yield f"has the expression {expression!r}, which names {name!r}: no metric has this id"
    elif (len(line) - bool(options)) < 2 or (len(line) - bool(options)) % 2:  # noqa: PLR2004  namespace and name
        yield "needs namespace, name, and a name and a value for each dimension"
