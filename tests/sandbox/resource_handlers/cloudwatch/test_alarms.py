"""Alarms that AWS would reject."""

from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.resource_handlers.cloudwatch.alarms import metric_alarm
from tests.sandbox.resource_handlers.cloudwatch.rejection import rejection

ALARM = {
    "metricName": "Errors",
    "namespace": "AWS/Lambda",
    "statistic": "Sum",
    "period": 300,
    "evaluationPeriods": 1,
    "threshold": 0,
    "comparisonOperator": "GreaterThanThreshold",
}


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
