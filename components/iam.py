"""IAM documents as pure functions of names and ARNs: tests call them without Pulumi."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

Statement = Mapping[str, Any]

VERSION: Final = "2012-10-17"

JOURNAL_READ_ACTIONS: Final = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
JOURNAL_WRITE_ACTIONS: Final = (
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
"""A transaction needs the actions of its parts and none of its own."""

LOG_ACTIONS: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
TRACE_ACTIONS: Final = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
QUEUE_CONSUME_ACTIONS: Final = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")


def document(statements: Sequence[Statement]) -> str:
    """A policy document as JSON with sorted keys, so that an unchanged policy is an unchanged text."""
    return json.dumps({"Version": VERSION, "Statement": list(statements)}, sort_keys=True)


def statements_of(policy: str) -> list[dict[str, Any]]:
    """The statements of a document made by `document`."""
    found: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return found


def allow(
    sid: str, actions: Sequence[str], resources: Sequence[str], condition: Mapping[str, Any] | None = None
) -> Statement:
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": resources[0] if len(resources) == 1 else list(resources),
    }
    if condition:
        statement["Condition"] = condition
    return statement


def assume_role(service: str, condition: Mapping[str, Any] | None = None) -> str:
    """The trust policy by which a service takes a role."""
    trust: dict[str, Any] = {
        "Sid": "Assume",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": service},
    }
    if condition:
        trust["Condition"] = condition
    return document([trust])


def write_logs(log_group_arn: str) -> Statement:
    """To one log group, which exists."""
    return allow("WriteLogs", LOG_ACTIONS, [f"{log_group_arn}:*"])


def write_traces() -> Statement:
    # X-Ray has no resources: its actions can only be allowed on '*'.
    return allow("WriteTraces", TRACE_ACTIONS, ["*"])


def connections_arn(execution_arn: str, stage: str) -> str:
    """What posting to the clients of a WebSocket API's stage is allowed on: nobody knows their ids in advance."""
    return f"{execution_arn}/{stage}/POST/@connections/*"


def post_to_connections(connections: str) -> Statement:
    return allow("PostToConnections", ["execute-api:ManageConnections"], [connections])


def send_messages(sid: str, queue_arn: str) -> Statement:
    return allow(sid, ["sqs:SendMessage"], [queue_arn])


def tls_only(bucket_arn: str) -> str:
    """A bucket policy that refuses every request which is not encrypted on its way."""
    deny = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return document([deny])


def read_journal(table_arn: str, payload_arn: str) -> list[Statement]:
    """For readers of runs: events and heads, and the data that was too large for an item."""
    return [
        allow("ReadJournal", JOURNAL_READ_ACTIONS, [table_arn]),
        allow("ReadPayloads", ["s3:GetObject"], [f"{payload_arn}/runs/*"]),
    ]


def keep_journal(table_arn: str, payload_arn: str) -> list[Statement]:
    """For doors and closers: they record runs and their ends, which are small enough for items."""
    return [*read_journal(table_arn, payload_arn), allow("WriteJournal", JOURNAL_WRITE_ACTIONS, [table_arn])]


def carry_steps(table_arn: str, payload_arn: str) -> list[Statement]:
    """For who writes a background agent's events, outputs and files. Its runs take part in nobody's conversation."""
    return [
        *keep_journal(table_arn, payload_arn),
        _write_payloads(payload_arn),
        # On the whole bucket: by a condition on the prefix S3 would answer 403, not 404, for a file that is missing.
        allow("MissFiles", ["s3:ListBucket"], [payload_arn]),
    ]


def write_journal(table_arn: str, payload_arn: str) -> list[Statement]:
    """For who writes an agent's events, which may be too large for items, and its conversations."""
    return [
        *keep_journal(table_arn, payload_arn),
        _write_payloads(payload_arn),
        allow("KeepSessions", ["s3:GetObject", "s3:PutObject"], [f"{payload_arn}/sessions/*"]),
        # Without it S3 answers 403, not 404, for the conversation of a session that has none yet.
        allow("MissSessions", ["s3:ListBucket"], [payload_arn]),
    ]


def _write_payloads(payload_arn: str) -> Statement:
    return allow("WritePayloads", ["s3:PutObject"], [f"{payload_arn}/runs/*"])


def keep_run_files(payload_arn: str) -> list[Statement]:
    """For tools of a run that stand apart from its agent: the files that it makes, and nothing of the journal."""
    return [
        allow("KeepRunFiles", ["s3:GetObject", "s3:PutObject"], [f"{payload_arn}/runs/*/files/*"]),
        list_run_files(payload_arn),
    ]


def list_run_files(payload_arn: str) -> Statement:
    """The names of what a run made, and of nothing else in the bucket."""
    return allow("ListRunFiles", ["s3:ListBucket"], [payload_arn], {"StringLike": {"s3:prefix": "runs/*"}})


def read_files(bucket_arn: str) -> list[Statement]:
    """For readers of a bucket's files: the list, so that they find them, and each file."""
    return [
        allow("ListFiles", ["s3:ListBucket"], [bucket_arn]),
        allow("ReadFiles", ["s3:GetObject"], [f"{bucket_arn}/*"]),
    ]
