"""What a tool task and ECS on its behalf may do, and who may take their roles: pure statements."""

from typing import Final

from components.agent_runtime.permissions import pull_image
from components.arn import ArnParts
from components.data_bucket.permissions import read_files
from components.iam import Statement, allow, assume_role, write_logs
from components.journal_table.permissions import JOURNAL_READ_ACTIONS, list_run_files

SERVICE: Final = "ecs-tasks.amazonaws.com"
TOKEN_ACTIONS: Final = ("states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess")
_RUNS: Final = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["RUN#*"]}}
"""Items of runs: their head, events and jobs. Conversations, connections and owners are other partitions."""


def trust(place: ArnParts) -> str:
    """ECS may take the role only for tasks of this account and region."""
    condition = {
        "StringEquals": {"aws:SourceAccount": place.account},
        "ArnLike": {"aws:SourceArn": place.arn("ecs", "*")},
    }
    return assume_role(SERVICE, condition)


def execution_statements(log_group_arn: str, image: str, partition: str) -> list[Statement]:
    """For ECS itself: fetch the image, and write the log."""
    return [write_logs(log_group_arn), *pull_image(image, partition)]


def task_statements(table_arn: str, payload_arn: str, data_arn: str) -> list[Statement]:
    """For the tools: the items and files of runs, and the data."""
    return [
        allow("ReadRuns", JOURNAL_READ_ACTIONS, [table_arn], _RUNS),
        allow("WriteRuns", ["dynamodb:PutItem", "dynamodb:UpdateItem"], [table_arn], _RUNS),
        allow("KeepRunFiles", ["s3:GetObject", "s3:PutObject"], [f"{payload_arn}/runs/*"]),
        list_run_files(payload_arn),
        *read_files(data_arn),
    ]


def report_statement(state_machine_arn: str) -> Statement:
    """For the tools: the results of the machine's states, by their tokens."""
    return allow("ReportToStateMachine", TOKEN_ACTIONS, [state_machine_arn])
