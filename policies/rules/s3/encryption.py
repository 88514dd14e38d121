"""A bucket sets how its objects are encrypted."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.s3.bucket import ENCRYPTIONS, buckets, guards
from policies.rules.values import lookup


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for bucket in buckets(stack):
        inline = lookup(bucket.properties, "serverSideEncryptionConfiguration")
        if inline is None and guards(stack, ENCRYPTIONS, bucket).missing:
            yield (
                bucket,
                Finding(
                    property="serverSideEncryptionConfiguration",
                    value="missing",
                    allowed="a BucketServerSideEncryptionConfiguration for the bucket",
                    why="S3's default may differ from what is required for the data, and no review shows it",
                    fix="Add one with AES256, or with aws:kms and a key of yours",
                ),
            )


RULE = StackRule(
    name="s3-bucket-encryption",
    description="A bucket states the encryption of its objects.",
    remediation="Add an s3.BucketServerSideEncryptionConfiguration for the bucket.",
    severity=Severity.ADVISORY,
    check=_check,
)
