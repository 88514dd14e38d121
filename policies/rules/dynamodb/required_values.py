"""Rules about tables that demand one value of one property."""

from collections.abc import Mapping
from typing import Final

from policies.rules.accepted_values import is_true
from policies.rules.aws_limits.dynamodb import ITEM_COLLECTION_GB
from policies.rules.dynamodb.table import TABLE
from policies.rules.required_value import RequiredValue, flag, rules_of
from policies.rules.rule import Severity


def _encrypts(encryption: object) -> bool:
    return encryption is not None and (not isinstance(encryption, Mapping) or is_true(encryption.get("enabled")))


def _encryption(encryption: object) -> str:
    given = encryption if isinstance(encryption, Mapping) else {}
    if given.get("enabled") is None:
        return "unset"
    return "false" if given.get("kmsKeyArn") is None else "false, beside a key of yours"


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
        accepts=_encrypts,
        value=_encryption,
        allowed="true",
        why="Without it DynamoDB encrypts by a key of its own, whose use no log of the account shows",
        fix="Enable it; without kmsKeyArn the key is the account's aws/dynamodb",
        description="A DynamoDB table is encrypted by a KMS key of the account.",
        remediation="Set server_side_encryption to {'enabled': True}, with kms_key_arn for a key of your own.",
        severity=Severity.ADVISORY,
    ),
    RequiredValue(
        name="dynamodb-table-ttl",
        types=[TABLE],
        property="ttl.enabled",
        accepts=is_true,
        value=flag,
        allowed="true",
        why="Items of runs, connections and sessions are kept for ever, at a cost, if nothing removes them",
        fix="Name the attribute that holds the time of expiry, in seconds, and enable it",
        description="A DynamoDB table removes its items by a time to live.",
        remediation="Set ttl to an attribute with the time of expiry, and enable it.",
        severity=Severity.ADVISORY,
    ),
)
