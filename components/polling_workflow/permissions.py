"""What the functions and services of a workflow may do: pure statements."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from components.arn import ArnParts
from components.iam import (
    SAMPLING_ACTIONS,
    TRACE_ACTIONS,
    Statement,
    allow,
    assume_role,
    document,
    only_for,
    post_to_connections,
    send_messages,
)
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

Host = Mapping[str, Any]
"""A HostRef whose outputs are known."""


def trust_states(table_arn: str) -> str:
    """Step Functions may assume the role only for state machines of the table's account and region."""
    return assume_role("states.amazonaws.com", only_for(ArnParts.parse(table_arn).arn("states", "stateMachine:*")))


def run_state_machine(function_arns: Sequence[str], table_arn: str) -> list[Statement]:
    """The state machine invokes its functions, polls the journal, and writes its traces and logs."""
    return [
        allow("InvokeFunctions", ["lambda:InvokeFunction"], sorted(function_arns)),
        allow("LookAtJournal", ["dynamodb:Query"], [table_arn]),
        # X-Ray and log deliveries have no resources: their actions can only be allowed on '*'.
        allow("WriteTraces", [*TRACE_ACTIONS, *SAMPLING_ACTIONS], ["*"]),
        allow("DeliverLogs", DELIVERY_ACTIONS, ["*"]),
    ]


def start_runs(state_machine_arn: str) -> str:
    return document([allow("StartRuns", ["states:StartExecution"], [state_machine_arn])])


def invoke_agents(hosts: Sequence[Host]) -> list[Statement]:
    return [allow("InvokeAgents", INVOKE_ACTIONS, _addresses(hosts))]


def finalize_runs(hosts: Sequence[Host], queue: str, connections: str) -> list[Statement]:
    """The finalizer stops sessions, reads the last log lines of a lost agent, and posts the end to sockets; Lambda
    sends its failures to the queue."""
    return [
        allow("StopSessions", ["bedrock-agentcore:StopRuntimeSession"], _addresses(hosts)),
        allow("ReadLastLines", LAST_LINES_ACTIONS, [_log_group(host) for host in hosts]),
        send_messages("SendFailures", queue),
        *([post_to_connections(connections)] if connections else []),
    ]


def report(state_machine_arn: str) -> Statement:
    """Report by a task token of this state machine."""
    return allow("Report", TOKEN_ACTIONS, [state_machine_arn])


def accept_undelivered(queue_arn: str, rule_arns: Sequence[str]) -> str:
    """The policy of a dead-letter queue: EventBridge may send the events that these rules could not deliver."""
    statement = {
        "Sid": "TakeUndelivered",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": sorted(rule_arns)}},
    }
    return document([statement])


def _addresses(hosts: Sequence[Host]) -> list[str]:
    return [arn for host in hosts for arn in invoked(host["arn"], host["endpoint"])]


def _log_group(host: Host) -> str:
    return ArnParts.parse(host["arn"]).arn("logs", f"log-group:{host['log_group']}:*")
