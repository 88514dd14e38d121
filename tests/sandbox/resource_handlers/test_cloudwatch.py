"""Alarms, dashboards and metric filters that AWS would reject."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.access.keys import Keys
from sandbox.cloud.cloud import Cloud
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created
from sandbox.program.registration import Registration
from sandbox.resource_handlers.cloudwatch import dashboard, dashboard_problems, metric_alarm

ALARM = {
    "metricName": "Errors",
    "namespace": "AWS/Lambda",
    "statistic": "Sum",
    "period": 300,
    "evaluationPeriods": 1,
    "threshold": 0,
    "comparisonOperator": "GreaterThanThreshold",
}
GRAPH = {"region": "us-east-1", "metrics": [["AWS/Lambda", "Errors", "FunctionName", "worker"]]}


class Called(Exception):  # noqa: N818  no error: the call that a valid resource reaches
    """The handler has called the emulator."""


class Recording(Cloud):
    def _client(self, service: str) -> Any:  # noqa: ANN401  as the original
        raise Called(service)


def rejection(handler: Callable[[Request], Created], inputs: Mapping[str, Any]) -> str:
    """The message of the rejection; empty where the emulator would be called."""
    registration = Registration(
        type="aws:cloudwatch/x:X",
        name="watch",
        urn="urn:pulumi:local::p::aws:cloudwatch/x:X::watch",
        parent=None,
        custom=True,
        provider="",
        inputs=inputs,
        dependencies={},
        unknown=(),
    )
    cloud = Recording("http://127.0.0.1:1", "us-east-1", Path("python"), upload=False, keys=Keys.create())
    try:
        handler(Request(cloud, registration))
    except ValidationError as error:
        return str(error)
    except Called:
        return ""
    raise AssertionError("the handler neither rejected the resource nor created it")


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"datapointsToAlarm": 1, "treatMissingData": "notBreaching"},
        {"statistic": None, "extendedStatistic": "p99.9", "evaluateLowSampleCountPercentiles": "ignore"},
        {"period": 3_600, "evaluationPeriods": 168},
        {"namespace": "Own", "period": 10},
        {"alarmActions": ["arn:aws:sns:us-east-1:000000000000:alarms"]},
    ],
)
def test_alarms_that_aws_accepts_are_created(changed: Mapping[str, Any]) -> None:
    assert rejection(metric_alarm, {**ALARM, **changed}) == ""


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"metricName": None}, "metricName is missing"),
        ({"threshold": None}, "threshold is missing"),
        ({"extendedStatistic": "p95"}, "exactly one of statistic and extendedStatistic"),
        ({"statistic": None}, "exactly one of statistic and extendedStatistic"),
        ({"statistic": None, "extendedStatistic": "95"}, "extendedStatistic is '95'"),
        ({"evaluateLowSampleCountPercentiles": "ignore"}, "is for extendedStatistic only"),
        ({"period": 45}, "period is 45; allowed: 10, 20, 30 and multiples of 60"),
        ({"period": 30}, "period is 30; allowed for metrics of AWS's services"),
        ({"evaluationPeriods": 0}, "period times evaluationPeriods is 0"),
        ({"evaluationPeriods": 289}, "period times evaluationPeriods is 86700; allowed: 1 to 86,400"),
        ({"datapointsToAlarm": 2}, "datapointsToAlarm is 2; allowed: 1 to evaluationPeriods, which is 1"),
        ({"treatMissingData": "ok"}, "treatMissingData is 'ok'"),
        ({"alarmActions": ["alarms"]}, "alarmActions has 'alarms'; allowed: ARNs"),
        ({"okActions": ["arn:aws:sns:eu-west-1:1:a"]}, "allowed: actions in us-east-1"),
        ({"alarmActions": ["arn:aws:sns:us-east-1:1:a"] * 6}, "alarmActions has 6 ARNs; allowed: 0 to 5"),
        ({"name": "x" * 256}, "allowed: up to 255 characters"),
    ],
)
def test_alarms_that_aws_rejects_are_rejected(changed: Mapping[str, Any], message: str) -> None:
    assert message in rejection(metric_alarm, {**ALARM, **changed})


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
