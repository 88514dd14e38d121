"""Rules about tables that demand one value of one property."""

from collections.abc import Mapping
from typing import Final

from policies.rules.accepted_values import is_true
from policies.rules.aws_limits.dynamodb import ITEM_COLLECTION_GB
from policies.rules.dynamodb.table import TABLE
from policies.rules.required_value import RequiredValue, flag, rules_of
from policies.rules.rule import Severity


def _uses_its_key(encryption: object) -> bool:
    """A table without a key of its own is encrypted by DynamoDB's, whatever is set."""
    given = encryption if isinstance(encryption, Mapping) else {}
    return given.get("kmsKeyArn") is None or given.get("enabled") is not False


RULES: Final = rules_of(
    RequiredValue(
        name="dynamodb-table-local-index",
        types=[TABLE],
        property="localSecondaryIndexes",
        accepts=lambda indexes: not isinstance(indexes, list) or not indexes,
        value=lambda indexes: f"{len(indexes)} of them" if isinstance(indexes, list) else "",
        allowed="none",
        why=f"With one DynamoDB rejects writes to a partition key over {ITEM_COLLECTION_GB} GB, and cannot split "
        "a busy one",
        fix="Use a global secondary index",
        description="A DynamoDB table has no local secondary index, which limits what one partition key can hold.",
        remediation="Use a global secondary index; a local one cannot be removed later.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="dynamodb-table-recovery",
        types=[TABLE],
        property="pointInTimeRecovery.enabled",
        accepts=is_true,
        value=flag,
        allowed="true",
        why="What a faulty writer overwrites or deletes in a table without recovery is lost at once",
        fix="Enable point-in-time recovery, which reaches back 35 days",
        description="A DynamoDB table can be recovered to any point in time of the last weeks.",
        remediation="Set point_in_time_recovery to {'enabled': True}.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="dynamodb-table-encryption",
        types=[TABLE],
        property="serverSideEncryption",
        reported_as="serverSideEncryption.enabled",
        accepts=_uses_its_key,
        value="false, beside a key of yours",
        allowed="true",
        why="DynamoDB does not use the key that is named: it encrypts by a key of its own",
        fix="Set enabled to true, or remove kmsKeyArn",
        description="A DynamoDB table that names a KMS key is encrypted by it.",
        remediation="Set server_side_encryption to {'enabled': True, 'kms_key_arn': …}, or name no key.",
        severity=Severity.ADVISORY,
    ),
)
