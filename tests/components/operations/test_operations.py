"""Operations: its alarms, its dashboard, and the metrics of ended runs."""

import json
from typing import Any

import pytest

from components.operations import Operations, OperationsArgs
from components.refs import MonitoringRef
from components.validation import ComponentInputError
from sandbox.resource_handlers.cloudwatch.dashboards import dashboard_problems
from tests.components.harness import REGION, Deployment, deploy
from tests.components.operations.conftest import ARGS, JOURNAL, MACHINE, STREAMING, TOPIC, function

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"


def graphs(deployment: Deployment) -> dict[str, Any]:
    body = json.loads(deployment["operations-dashboard"].inputs["dashboardBody"])
    return {widget["properties"]["title"]: widget["properties"] for widget in body["widgets"]}


def test_every_part_has_its_alarms_and_nothing_else_has(deployed: Deployment) -> None:
    functions = ("streaming-gateway", "streaming-worker", "flow-start")
    expected = {
        *("runs-failed", "runs-timed-out", "transitions-throttled"),
        *(f"{label}-{what}" for label in functions for what in ("errors", "throttles")),
        *("streaming-failures-age", "flow-undelivered-depth"),
        *("flow-machine-failed", "flow-machine-timed-out", "flow-machine-throttled"),
    }

    assert deployed.names(ALARM) == sorted(f"operations-{role}" for role in expected)


def test_an_alarm_without_data_is_no_alarm_and_its_actions_hear_of_both_turns(deployed: Deployment) -> None:
    for name in deployed.names(ALARM):
        inputs = deployed[name].inputs
        assert inputs["treatMissingData"] == "notBreaching"
        assert (inputs["alarmActions"], inputs["okActions"]) == ([TOPIC], [TOPIC])
        assert "docs/operations.md" in inputs["alarmDescription"]
        assert inputs["name"].startswith("longrun-test-")


@pytest.mark.parametrize(
    ("name", "namespace", "metric", "dimensions"),
    [
        ("runs-failed", "Longrun/longrun-test", "RunsEnded", {"Status": "FAILED"}),
        ("runs-timed-out", "Longrun/longrun-test", "RunsEnded", {"Status": "TIMED_OUT"}),
        ("streaming-worker-errors", "AWS/Lambda", "Errors", {"FunctionName": "fn-worker"}),
        ("streaming-failures-age", "AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": "failed"}),
        ("flow-undelivered-depth", "AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "lost"}),
        ("flow-machine-failed", "AWS/States", "ExecutionsFailed", {"StateMachineArn": MACHINE}),
        ("flow-machine-timed-out", "AWS/States", "ExecutionsTimedOut", {"StateMachineArn": MACHINE}),
        ("transitions-throttled", "AWS/States", "ThrottledEvents", {"ServiceMetric": "StateTransition"}),
    ],
)
def test_an_alarm_reads_the_metric_of_its_part(
    deployed: Deployment, name: str, namespace: str, metric: str, dimensions: dict[str, str]
) -> None:
    inputs = deployed[f"operations-{name}"].inputs

    assert (inputs["namespace"], inputs["metricName"], inputs["dimensions"]) == (namespace, metric, dimensions)


def test_each_log_counts_ends_and_those_of_agents_measure_the_first_text(deployed: Deployment) -> None:
    by_group: dict[str, list[str]] = {}
    for name in deployed.names(FILTER):
        inputs = deployed[name].inputs
        by_group.setdefault(inputs["logGroupName"], []).append(inputs["metricTransformation"]["name"])

    assert by_group == {
        "/logs/gateway": ["RunsEnded"],
        "/logs/worker": ["RunsEnded", "FirstText"],
        "/logs/sessions": ["RunsEnded", "FirstText"],
        "/logs/start": ["RunsEnded"],
    }


def test_ends_are_told_apart_by_the_status_in_the_line(deployed: Deployment) -> None:
    inputs = deployed["operations-streaming-worker-ends"].inputs

    assert inputs["pattern"] == '{ $.event = "run.ended" && $.status = * }'
    assert inputs["metricTransformation"]["dimensions"] == {"Status": "$.status"}
    assert "defaultValue" not in inputs["metricTransformation"]


def test_the_dashboard_is_valid_and_shows_every_part(deployed: Deployment) -> None:
    shown = graphs(deployed)
    text = deployed["operations-dashboard"].inputs["dashboardBody"]

    assert list(dashboard_problems(text)) == []
    assert len(shown) == 10
    assert all(part in text for part in ("fn-gateway", "fn-worker", "fn-start", "failed", "lost", "runs", MACHINE))
    assert {graph["region"] for graph in shown.values()} == {REGION}


def test_durations_are_shown_against_the_timeout_of_their_function(deployed: Deployment) -> None:
    lines = graphs(deployed)["Functions: duration p95 (% of the timeout)"]["metrics"]

    assert [line[0]["expression"] for line in lines[::2]] == ["100*d0/30000", "100*d1/900000", "100*d2/30000"]
    assert lines[3] == [
        "AWS/Lambda",
        "Duration",
        "FunctionName",
        "fn-worker",
        {"id": "d1", "stat": "p95", "visible": False},
    ]


def test_a_stack_of_many_functions_has_a_dashboard_that_aws_accepts() -> None:
    many: MonitoringRef = {"component": "react", "functions": [function(f"step{number}") for number in range(120)]}

    found = deploy(lambda: Operations("operations", {"monitored": [many]}))

    assert list(dashboard_problems(found["operations-dashboard"].inputs["dashboardBody"])) == []
    assert found.names("aws:cloudwatch/dashboard:Dashboard") == ["operations-dashboard"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"monitored": []}, "monitored is empty"),
        ({"monitored": [JOURNAL, STREAMING, JOURNAL]}, "monitored has component 'journal' 2 times"),
        ({"alarm_actions": ["alarms"]}, "alarm_actions has 'alarms'; give the ARN of an SNS topic"),
        (
            {"alarm_actions": ["arn:aws:sns:eu-west-1:123456789012:alarms"]},
            "give an action in us-east-1, the region of the alarms",
        ),
        ({"alarm_actions": [TOPIC] * 6}, "alarm_actions has 6 ARNs; allowed: up to 5"),
        (
            {"monitored": [{"component": "x", "functions": [{"role": "y"}]}]},
            "monitored[0].functions[0].log_group is missing",
        ),
    ],
)
def test_what_aws_would_reject_is_rejected_before_anything_exists(changed: OperationsArgs, message: str) -> None:
    with pytest.raises(ComponentInputError) as caught:
        deploy(lambda: Operations("operations", {**ARGS, **changed}))

    assert message in caught.value.message
    assert caught.value.message.startswith("Operations 'operations'")
