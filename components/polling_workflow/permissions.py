"""What the parts of a workflow may do to each other: pure statements."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from components.iam import TRACE_ACTIONS, Statement, allow, document
from components.mcp_runtime import INVOKE_ACTIONS, invoked

TOKEN_ACTIONS: Final = ("states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess")
DELIVERY_ACTIONS: Final = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
LAST_LINES_ACTIONS: Final = ("logs:DescribeLogStreams", "logs:GetLogEvents")
SAMPLING_ACTIONS: Final = ("xray:GetSamplingRules", "xray:GetSamplingTargets")


def run_machine(function_arns: Sequence[str], table_arn: str) -> list[Statement]:
    """The state machine: its functions, its look at the journal, its traces and logs."""
    return [
        allow("InvokeFunctions", ["lambda:InvokeFunction"], sorted(function_arns)),
        allow("LookAtJournal", ["dynamodb:Query"], [table_arn]),
        # X-Ray and log deliveries have no resources: their actions can only be allowed on '*'.
        allow("WriteTraces", [*TRACE_ACTIONS, *SAMPLING_ACTIONS], ["*"]),
        allow("DeliverLogs", DELIVERY_ACTIONS, ["*"]),
    ]


def start_runs(machine_arn: str) -> str:
    return document([allow("StartRuns", ["states:StartExecution"], [machine_arn])])


def invoke_agents(hosts: Sequence[Mapping[str, str]]) -> Statement:
    return allow("InvokeAgents", INVOKE_ACTIONS, _addresses(hosts))


def stop_sessions(hosts: Sequence[Mapping[str, str]]) -> Statement:
    return allow("StopSessions", ["bedrock-agentcore:StopRuntimeSession"], _addresses(hosts))


def read_last_lines(hosts: Sequence[Mapping[str, str]]) -> Statement:
    """The last lines of a lost agent, which are told with its end."""
    return allow("ReadLastLines", LAST_LINES_ACTIONS, [_log_group(host) for host in hosts])


def report(machine_arn: str) -> Statement:
    """By a task token of this machine."""
    return allow("Report", TOKEN_ACTIONS, [machine_arn])


def take_undelivered(queue_arn: str, rule_arns: Sequence[str]) -> str:
    """The policy of a queue into which EventBridge puts what these rules could not deliver."""
    statement = {
        "Sid": "TakeUndelivered",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": sorted(rule_arns)}},
    }
    return document([statement])


def only_for(source_arn: str) -> dict[str, Any]:
    """The condition under which a service acts for this source, and for nobody else's."""
    account = source_arn.split(":", 5)[4]
    return {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": source_arn}}


def _addresses(hosts: Sequence[Mapping[str, str]]) -> list[str]:
    return [arn for host in hosts for arn in invoked(host["arn"], host["endpoint"])]


def _log_group(host: Mapping[str, str]) -> str:
    _, partition, _, region, account, _ = host["arn"].split(":", 5)
    return f"arn:{partition}:logs:{region}:{account}:log-group:{host['log_group']}:*"
