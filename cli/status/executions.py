"""The executions of a state machine: how many, and why the last one failed."""

from typing import TYPE_CHECKING, Any, Final

from cli.status.calls import called
from cli.status.monitored import Part
from cli.status.reports import Failure, StateMachineReport
from contract.redaction import redact

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import ListExecutionsOutputTypeDef

MOST: Final = 1_000
"""Executions of one status, the largest page of ListExecutions, newest first."""

_FAILURES: Final = ("FAILED", "TIMED_OUT", "ABORTED")


def executions(sfn: "SFNClient", part: Part) -> StateMachineReport:
    """Five or six calls at any number of executions. Raises CallError."""
    arn = part.id
    status = called(
        "states:DescribeStateMachine", arn, lambda: sfn.describe_state_machine(stateMachineArn=arn)["status"]
    )
    pages = {name: _page(sfn, arn, name) for name in ("RUNNING", *_FAILURES)}
    count = {name: len(page["executions"]) for name, page in pages.items()}
    newest = max(
        (page["executions"][0] for name, page in pages.items() if name in _FAILURES and page["executions"]),
        key=lambda one: one["stopDate"],
        default=None,
    )
    return StateMachineReport(
        part.label,
        arn,
        status,
        count["RUNNING"],
        count["FAILED"],
        count["TIMED_OUT"],
        count["ABORTED"],
        tuple(name for name, page in pages.items() if page.get("nextToken")),
        _failure(sfn, newest["executionArn"]) if newest else None,
    )


def _page(sfn: "SFNClient", arn: str, status: str) -> "ListExecutionsOutputTypeDef":
    asked: Any = {"stateMachineArn": arn, "statusFilter": status, "maxResults": MOST}
    return called("states:ListExecutions", arn, lambda: sfn.list_executions(**asked))


def _failure(sfn: "SFNClient", execution: str) -> Failure:
    found = called("states:DescribeExecution", execution, lambda: sfn.describe_execution(executionArn=execution))
    return Failure(
        execution=execution,
        status=found["status"],
        at=found["stopDate"].isoformat(timespec="seconds"),
        error=redact(str(found.get("error") or "")),
        cause=redact(" ".join(str(found.get("cause") or "").split())),
    )
