"""Dashboards that AWS would reject."""

import json
from typing import Any

import pytest

from sandbox.resource_handlers.cloudwatch.dashboards import dashboard, dashboard_problems
from tests.sandbox.resource_handlers.cloudwatch.rejection import rejection

GRAPH = {"region": "us-east-1", "metrics": [["AWS/Lambda", "Errors", "FunctionName", "worker"]]}


def body(*widgets: Any, **properties: Any) -> str:  # noqa: ANN401  JSON
    own = [{"type": "metric", "properties": {**GRAPH, **properties}}] if properties else []
    return json.dumps({"widgets": [*widgets, *own]})


@pytest.mark.parametrize(
    "text",
    [
        body(),
        body({"type": "text", "properties": {"markdown": "#"}}),
        body(metrics=[[{"expression": "100*SUM([a])/b"}], ["N", "M", {"id": "a"}], ["N", "M", "D", "v", {"id": "b"}]]),
    ],
)
def test_dashboards_that_aws_accepts_have_no_problem(text: str) -> None:
    assert list(dashboard_problems(text)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "has no list of widgets"),
        (body(*[{"type": "text", "properties": {}}] * 501), "has 501 widgets"),
        (body({"type": "graph", "properties": {}}), "widgets[0] has type 'graph'"),
        (body({"type": "metric"}), "widgets[0] has no properties"),
        (body({"type": "text", "x": 20, "width": 6, "properties": {}}), "has width 6 at column 20"),
        (body(region=""), "has no region"),
        (body(metrics=[]), "has 0 metrics; allowed: 1 to 500"),
        (body(metrics=[["N", "M"]] * 501), "has 501 metrics; allowed: 1 to 500"),
        (body(*[{"type": "metric", "properties": {**GRAPH, "metrics": [["N", "M"]] * 500}}] * 6), "has 3,000 metrics"),
        (body(metrics=[["N", "M", "D"]]), "metrics[0] needs namespace, name, and a name and a value"),
        (body(metrics=[[{"expression": "a+1"}]]), "names 'a': no metric has this id"),
    ],
)
def test_dashboards_that_aws_rejects_are_rejected(text: str, message: str) -> None:
    assert message in " ".join(dashboard_problems(text))
    assert "dashboardBody" in rejection(dashboard, {"dashboardBody": text})


def test_a_dashboards_name_has_no_dots() -> None:
    assert "dashboardName is 'a.b'" in rejection(dashboard, {"dashboardName": "a.b", "dashboardBody": body()})
