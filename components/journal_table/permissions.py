"""What the users of a journal may do with it, by purpose: pure statements."""

from typing import Final

from components.iam import Statement, allow

JOURNAL_READ_ACTIONS: Final = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
JOURNAL_WRITE_ACTIONS: Final = (
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
"""A transaction needs the actions of its parts and none of its own."""


def record_runs(table_arn: str, payload_arn: str) -> list[Statement]:
    """For entry points and handlers that end runs: they read events, heads and payloads, and write items only."""
    return [
        allow("ReadJournal", JOURNAL_READ_ACTIONS, [table_arn]),
        allow("ReadPayloads", ["s3:GetObject"], [f"{payload_arn}/runs/*"]),
        allow("WriteJournal", JOURNAL_WRITE_ACTIONS, [table_arn]),
    ]


def write_steps(table_arn: str, payload_arn: str) -> list[Statement]:
    """For background agents: their events, outputs and files. Their runs belong to no conversation."""
    return [
        *record_runs(table_arn, payload_arn),
        _write_payloads(payload_arn),
        # On the whole bucket: with a condition on the prefix, S3 would answer 403, not 404, for a missing file.
        allow("MissFiles", ["s3:ListBucket"], [payload_arn]),
    ]


def write_runs(table_arn: str, payload_arn: str) -> list[Statement]:
    """For workers: an agent's events, which may be too large for items, and its conversations."""
    return [
        *record_runs(table_arn, payload_arn),
        _write_payloads(payload_arn),
        *keep_sessions(payload_arn),
    ]


def keep_sessions(payload_arn: str) -> list[Statement]:
    """The conversations of sessions."""
    return [
        allow("KeepSessions", ["s3:GetObject", "s3:PutObject"], [f"{payload_arn}/sessions/*"]),
        # Without it, S3 answers 403, not 404, for the conversation of a new session.
        allow("MissSessions", ["s3:ListBucket"], [payload_arn]),
    ]


def write_run_files(payload_arn: str) -> list[Statement]:
    """For tools that run apart from their agent: the files of a run, and nothing in the table."""
    return [
        allow("KeepRunFiles", ["s3:GetObject", "s3:PutObject"], [f"{payload_arn}/runs/*/files/*"]),
        list_run_files(payload_arn),
    ]


def list_run_files(payload_arn: str) -> Statement:
    """The names of a run's files, and of nothing else in the bucket."""
    return allow("ListRunFiles", ["s3:ListBucket"], [payload_arn], {"StringLike": {"s3:prefix": "runs/*"}})


def _write_payloads(payload_arn: str) -> Statement:
    return allow("WritePayloads", ["s3:PutObject"], [f"{payload_arn}/runs/*"])
