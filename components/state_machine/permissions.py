"""What every state machine, and those that report to it, may do: pure statements."""

from collections.abc import Sequence
from typing import Final

from components.arn import ArnParts
from components.iam import SAMPLING_ACTIONS, TRACE_ACTIONS, Statement, allow, assume_role, document, only_for

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


def trust_states(table_arn: str) -> str:
    """Step Functions may assume the role only for state machines of the table's account and region."""
    return assume_role("states.amazonaws.com", only_for(ArnParts.parse(table_arn).arn("states", "stateMachine:*")))


def invoke_functions(function_arns: Sequence[str]) -> Statement:
    return allow("InvokeFunctions", ["lambda:InvokeFunction"], sorted(function_arns))


def write_history() -> list[Statement]:
    """Traces and logs. X-Ray and log deliveries have no resources: their actions can only be allowed on '*'."""
    return [
        allow("WriteTraces", [*TRACE_ACTIONS, *SAMPLING_ACTIONS], ["*"]),
        allow("DeliverLogs", DELIVERY_ACTIONS, ["*"]),
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
