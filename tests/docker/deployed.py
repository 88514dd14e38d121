"""The sandbox with a journal, for processes in containers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from runtime.journal import Journal
from runtime.journal.payloads import S3Payloads
from sandbox.state import SandboxState
from tests.sandbox.clients import client

AGENT: Final = "assistant"
_TABLE: Final = "journal"
_BUCKET: Final = "payloads"
_DAYS: Final = 30


@dataclass
class Deployed:
    """A table and a bucket, and the variables with which processes of the project use them and the model."""

    variables: Mapping[str, str]
    journal: Journal

    @classmethod
    def create(cls, state: SandboxState) -> "Deployed":
        dynamodb, s3 = client(state.endpoint, "dynamodb"), client(state.endpoint, "s3")
        s3.create_bucket(Bucket=_BUCKET)
        dynamodb.create_table(
            TableName=_TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        variables = {
            **state.environment(),
            "HOME": "/tmp",
            "LONGRUN_TABLE": _TABLE,
            "LONGRUN_PAYLOAD_BUCKET": _BUCKET,
            "LONGRUN_RETENTION_DAYS": str(_DAYS),
            "LONGRUN_AGENTS": AGENT,
            "LONGRUN_MODEL_PROVIDER": "bedrock",
            "LONGRUN_MODEL_ID": "us.anthropic.claude-sonnet-4-20250514-v1:0",
            "LONGRUN_MODEL_REGION": state.region,
            "LONGRUN_QUESTION_TIMEOUT": "3600",
        }
        return cls(variables, Journal(_TABLE, dynamodb, S3Payloads(_BUCKET, s3), _DAYS))
