"""`longrun status` after runs, and what a user is told whose run no function can take."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.system.harness import EFFECT_QUESTION, Deployment, RawSocket, events_of, wait_for

pytestmark = pytest.mark.sandbox

SCRIPT = str(Path(sys.executable).with_name("longrun"))


def status(deployment: Deployment, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603  our own command
        [SCRIPT, "status", "--state", str(deployment.folder), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def overview(deployment: Deployment) -> dict[str, Any]:
    done = status(deployment, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def part(found: dict[str, Any], kind: str, label: str) -> dict[str, Any]:
    (one,) = [one for one in found[kind] if one["label"] == label]
    return dict(one)


def test_status_counts_runs_and_connections_and_has_the_last_error_of_a_failed_run(
    deployment: Deployment, ws: RawSocket
) -> None:
    ws.send(action="start", question=EFFECT_QUESTION)
    ws.until_end()
    deployment.fault("access-denied", count=1)
    ws.send(action="start", question=EFFECT_QUESTION)
    ws.until_end()

    def is_logged() -> bool:
        return part(overview(deployment), "functions", "streaming-worker")["last_error"] is not None

    wait_for(is_logged, "the worker's error in its log")
    found = overview(deployment)

    assert found["connections"] == 1
    assert (found["runs"]["SUCCEEDED"], found["runs"]["FAILED"]) == (1, 1)
    assert found["runs_counted"]["complete"]
    assert {one["state"] for one in found["functions"]} == {"Active"}
    worker = part(found, "functions", "streaming-worker")
    assert "worker.agent_failed: " in worker["last_error"]["message"]
    assert "AccessDenied" in worker["last_error"]["message"]
    assert part(found, "tables", "journal-table")["items"] > 10
    assert part(found, "state_machines", "background-machine")["running"] == 0
    assert part(found, "queues", "background-undelivered")["messages"] == 0
    assert [one["problem"] for kind in ("functions", "tables", "state_machines", "queues") for one in found[kind]] == [
        None
    ] * len([one for kind in ("functions", "tables", "state_machines", "queues") for one in found[kind]])


def test_each_end_is_one_line_of_the_log_for_the_metric(deployment: Deployment, ws: RawSocket) -> None:
    ws.send(action="start", question=EFFECT_QUESTION)
    run_id = events_of(ws.until_end())[-1]["run_id"]

    def lines() -> list[dict[str, Any]]:
        found = deployment.client("logs").filter_log_events(
            logGroupName=deployment.state.outputs["worker_log_group"], filterPattern=f'"{run_id}"'
        )["events"]
        records = [json.loads(event["message"]) for event in found if event["message"].startswith("{")]
        return [record for record in records if record.get("event") == "run.ended"]

    wait_for(lambda: bool(lines()), "the line in the log")
    assert [(line["run_id"], line["status"]) for line in lines()] == [(run_id, "SUCCEEDED")]


def test_alarms_dashboard_and_metric_filters_are_deployed(deployment: Deployment) -> None:
    cloudwatch = deployment.client("cloudwatch")

    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName="longrun-local-operations")["DashboardBody"])
    filters = deployment.client("logs").describe_metric_filters()["metricFilters"]

    assert "longrun-local-runs-failed" in {alarm["AlarmName"] for alarm in alarms}
    assert deployment.state.outputs["worker_function"] in json.dumps(body)
    assert deployment.state.outputs["worker_log_group"] in {one["logGroupName"] for one in filters}


def test_a_function_that_is_not_there_is_named_to_the_user_and_in_the_status(
    deployment: Deployment, ws: RawSocket
) -> None:
    worker = deployment.state.outputs["worker_function"]
    deployment.client("lambda").delete_function(FunctionName=worker)

    ws.send(action="start", question=EFFECT_QUESTION)
    (end,) = [event for event in events_of(ws.until_end()) if event["type"] == "RUN_FAILED"]

    assert f"(there is no function {worker})" in end["data"]["error"]
    assert part(overview(deployment), "functions", "streaming-worker")["state"] == "Missing"
    shown = " ".join(status(deployment).stdout.split())
    assert f"there is no function {worker} in this account and region; deploy the stack again" in shown
