"""Encryption with a key of the account, whose use is logged and can be withdrawn."""

from collections.abc import Iterable

from policies.rules.dynamodb.table import TABLE
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import UNKNOWN, lookup


def _check(table: Resource) -> Iterable[Finding]:
    enabled = lookup(table.properties, "serverSideEncryption", "enabled")
    if enabled is True or enabled is UNKNOWN:
        return []
    key = lookup(table.properties, "serverSideEncryption", "kmsKeyArn")
    return [
        Finding(
            property="serverSideEncryption.enabled",
            value="unset" if enabled is None else "false, beside a key of yours" if key is not None else "false",
            allowed="true",
            why="Without it DynamoDB encrypts by a key of its own, whose use no log of the account shows",
            fix="Enable it; without kmsKeyArn the key is the account's aws/dynamodb",
        )
    ]


RULE = ResourceRule(
    name="dynamodb-table-encryption",
    description="A DynamoDB table is encrypted by a KMS key of the account.",
    remediation="Set server_side_encryption to {'enabled': True}, with kms_key_arn for a key of your own.",
    severity=Severity.ADVISORY,
    types=frozenset({TABLE}),
    check=_check,
)
