"""IAM documents and statements as pure functions of names and ARNs: tests call them without Pulumi."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from components.arn import ArnParts

Statement = Mapping[str, Any]

VERSION: Final = "2012-10-17"

LOG_ACTIONS: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
SAMPLING_ACTIONS: Final = ("xray:GetSamplingRules", "xray:GetSamplingTargets")
TRACE_ACTIONS: Final = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
QUEUE_CONSUME_ACTIONS: Final = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")


def document(statements: Sequence[Statement]) -> str:
    """A policy document as JSON with sorted keys, so that an unchanged policy has an unchanged text."""
    return json.dumps({"Version": VERSION, "Statement": list(statements)}, sort_keys=True)


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
    """The trust policy with which a service may assume a role."""
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
    """Write to one existing log group."""
    return allow("WriteLogs", LOG_ACTIONS, [f"{log_group_arn}:*"])


def write_traces() -> Statement:
    # X-Ray has no resources: its actions can only be allowed on '*'.
    return allow("WriteTraces", TRACE_ACTIONS, ["*"])


def only_for(source_arn: str) -> dict[str, Any]:
    """The condition that a service acts for this source, and for no other account's."""
    return {
        "StringEquals": {"aws:SourceAccount": ArnParts.parse(source_arn).account},
        "ArnLike": {"aws:SourceArn": source_arn},
    }


def connections_arn(execution_arn: str, stage: str) -> str:
    """The resource on which posting to a WebSocket API's clients is allowed. Their ids are not known in advance."""
    return f"{execution_arn}/{stage}/POST/@connections/*"


def post_to_connections(connections: str) -> Statement:
    return allow("PostToConnections", ["execute-api:ManageConnections"], [connections])


def send_messages(sid: str, queue_arn: str) -> Statement:
    return allow(sid, ["sqs:SendMessage"], [queue_arn])


def tls_only(bucket_arn: str) -> str:
    """A bucket policy that denies every request without TLS."""
    deny = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return document([deny])
