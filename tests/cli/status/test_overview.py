"""The state of all parts of a stack, as AWS answers it, and what is shown of a part that cannot be read."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, NoCredentialsError

from cli.errors import CliError
from cli.status.overview import SCAN_PAGES, read_overview
from tests.cli.status.aws import Answer, Arguments, Aws, deployed, rejected

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:flow"
OUTPUTS = {
    "table_name": "runs",
    "monitored": [
        {"component": "journal", "tables": [{"role": "table", "name": "runs"}]},
        {
            "component": "streaming",
            "functions": [{"role": "worker", "name": "fn", "log_group": "/logs/fn", "timeout": 900}],
            "queues": [{"role": "failures", "name": "failed", "url": "https://sqs/1/failed", "is_read": True}],
        },
        {"component": "flow", "state_machines": [{"role": "machine", "arn": MACHINE}]},
    ],
}
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


def executions(asked: Arguments) -> dict[str, Any]:
    if asked["statusFilter"] == "FAILED":
        return {
            "executions": [{"executionArn": f"{MACHINE}:2", "stopDate": AT}, {"executionArn": "1"}],
            "nextToken": "t",
        }
    if asked["statusFilter"] == "TIMED_OUT":
        return {"executions": [{"executionArn": f"{MACHINE}:0", "stopDate": datetime(2026, 11, 1, tzinfo=UTC)}]}
    return {"executions": [{"executionArn": "x"}] * 3 if asked["statusFilter"] == "RUNNING" else []}


ANSWERS: dict[str, Answer] = {
    "Scan": {
        "Items": [
            {"pk": {"S": "RUN#1"}, "status": {"S": "RUNNING"}},
            {"pk": {"S": "RUN#2"}, "status": {"S": "FAILED"}},
            {"pk": {"S": "CONNECTION#1"}},
        ],
        "ScannedCount": 40,
    },
    "DescribeTable": {"Table": {"TableStatus": "ACTIVE", "ItemCount": 41}},
    "GetFunctionConfiguration": {"State": "Active", "LastUpdateStatus": "Successful"},
    "FilterLogEvents": {"events": []},
    "DescribeStateMachine": {"status": "ACTIVE"},
    "ListExecutions": executions,
    "DescribeExecution": {"status": "FAILED", "stopDate": AT, "error": "Boom", "cause": "token=abcdef was\nwrong"},
    "GetQueueAttributes": {
        "Attributes": {"ApproximateNumberOfMessages": "2", "ApproximateNumberOfMessagesNotVisible": "1"}
    },
}


def read(**changed: Answer) -> dict[str, Any]:
    return read_overview(deployed(OUTPUTS, Aws({**ANSWERS, **changed}))).to_json()


def test_all_parts_are_shown_under_stable_keys() -> None:
    found = read()

    assert found["connections"] == 1
    assert found["runs"] == {
        **dict.fromkeys(("QUEUED", "WAITING", "SUCCEEDED", "CANCELLED", "TIMED_OUT"), 0),
        "RUNNING": 1,
        "FAILED": 1,
    }
    assert found["runs_counted"] == {"scanned": 40, "complete": True, "problem": None}
    assert found["tables"] == [
        {"label": "journal-table", "name": "runs", "status": "ACTIVE", "items": 41, "problem": None}
    ]
    assert found["queues"] == [
        {
            "label": "streaming-failures",
            "url": "https://sqs/1/failed",
            "messages": 2,
            "in_flight": 1,
            "problem": None,
        }
    ]
    assert sorted(found["functions"][0]) == [
        *("label", "last_error", "last_update_status", "last_update_status_reason", "last_update_status_reason_code"),
        *("name", "problem", "state", "state_reason", "state_reason_code"),
    ]


def test_a_state_machine_has_its_executions_and_the_newest_failures_cause_without_secrets() -> None:
    (found,) = read()["state_machines"]

    assert (found["running"], found["failed"], found["timed_out"], found["aborted"]) == (3, 2, 1, 0)
    assert found["more"] == ("FAILED",)
    assert found["last_failure"] == {
        "execution": f"{MACHINE}:2",
        "status": "FAILED",
        "at": "2026-11-30T12:00:00+00:00",
        "error": "Boom",
        "cause": "token=*** was wrong",
    }


def test_a_failed_function_is_shown_with_its_reason() -> None:
    (found,) = read(
        GetFunctionConfiguration={
            "State": "Failed",
            "StateReason": "The image cannot be read.",
            "StateReasonCode": "ImageAccessDenied",
            "LastUpdateStatus": "Failed",
        }
    )["functions"]

    assert (found["state"], found["state_reason"], found["state_reason_code"]) == (
        "Failed",
        "The image cannot be read.",
        "ImageAccessDenied",
    )
    assert found["last_update_status"] == "Failed"


@pytest.mark.parametrize(
    ("operation", "kind", "problem"),
    [
        ("GetFunctionConfiguration", "functions", "not permitted: lambda:GetFunctionConfiguration on fn"),
        ("FilterLogEvents", "functions", "not permitted: logs:FilterLogEvents on /logs/fn"),
        ("DescribeTable", "tables", "not permitted: dynamodb:DescribeTable on runs"),
        ("ListExecutions", "state_machines", f"not permitted: states:ListExecutions on {MACHINE}"),
        ("GetQueueAttributes", "queues", "not permitted: sqs:GetQueueAttributes on failed"),
    ],
)
def test_what_the_caller_may_not_read_is_named_at_its_part_and_the_rest_is_shown(
    operation: str, kind: str, problem: str
) -> None:
    found = read(**{operation: rejected("AccessDeniedException")})

    assert found[kind][0]["problem"] == problem
    problems = [part["problem"] for name in ("functions", "tables", "state_machines", "queues") for part in found[name]]
    assert len([one for one in problems if one]) == 1
    assert found["connections"] == 1


def test_a_table_that_may_not_be_scanned_leaves_the_counts_out() -> None:
    found = read(Scan=rejected("AccessDeniedException"))

    assert (found["connections"], found["runs"]) == (None, None)
    assert found["runs_counted"]["problem"] == "not permitted: dynamodb:Scan on runs"


@pytest.mark.parametrize(
    ("operation", "code", "kind"),
    [
        ("GetFunctionConfiguration", "ResourceNotFoundException", "functions"),
        ("DescribeTable", "ResourceNotFoundException", "tables"),
        ("DescribeStateMachine", "StateMachineDoesNotExist", "state_machines"),
    ],
)
def test_a_part_that_the_stack_names_and_aws_lacks_is_missing(operation: str, code: str, kind: str) -> None:
    (found,) = read(**{operation: rejected(code)})[kind]

    assert found.get("state", found.get("status")) == "Missing"
    assert "in this account and region; deploy the stack again" in (found.get("state_reason") or found["problem"])


def test_a_service_that_does_not_respond_is_a_problem_of_its_part() -> None:
    (found,) = read(DescribeTable=ConnectTimeoutError(endpoint_url="https://dynamodb"))["tables"]

    assert found["problem"].startswith("dynamodb:DescribeTable on runs got no response")


@pytest.mark.parametrize("error", [NoCredentialsError(), rejected("ExpiredTokenException")])
def test_without_credentials_nothing_can_be_shown(error: Exception) -> None:
    with pytest.raises(CliError) as caught:
        read(DescribeTable=error)

    assert caught.value.code == "NO_CREDENTIALS"


def test_the_scan_of_a_large_table_is_cut_and_says_so() -> None:
    page = {"Items": [{"pk": {"S": "RUN#1"}, "status": {"S": "RUNNING"}}], "ScannedCount": 100}
    aws = Aws({**ANSWERS, "Scan": {**page, "LastEvaluatedKey": {"pk": {"S": "RUN#1"}, "sk": {"S": "HEAD"}}}})

    found = read_overview(deployed(OUTPUTS, aws)).to_json()

    assert [name for name, _ in aws.calls].count("Scan") == SCAN_PAGES
    assert found["runs_counted"] == {"scanned": 100 * SCAN_PAGES, "complete": False, "problem": None}
    assert found["runs"]["RUNNING"] == SCAN_PAGES


def test_a_stack_of_an_earlier_version_shows_what_its_outputs_name() -> None:
    outputs = {"table_name": "runs", "state_machine": MACHINE, "worker_function": "fn", "worker_log_group": "/logs/fn"}

    found = read_overview(deployed(outputs, Aws(ANSWERS))).to_json()

    assert [one["name"] for one in found["functions"]] == ["fn"]
    assert [one["arn"] for one in found["state_machines"]] == [MACHINE]
    assert [one["name"] for one in found["tables"]] == ["runs"]
