"""A bucket is private by its own setting, whatever a policy or an ACL may grant later."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.s3.bucket import ACCOUNT_PUBLIC_ACCESS_BLOCK, PUBLIC_ACCESS_BLOCK, buckets, guards


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    if stack.of_type(ACCOUNT_PUBLIC_ACCESS_BLOCK):
        return
    for bucket in buckets(stack):
        if guards(stack, (PUBLIC_ACCESS_BLOCK,), bucket).missing:
            yield (
                bucket,
                Finding(
                    property="publicAccessBlock",
                    value="missing",
                    allowed="a BucketPublicAccessBlock for the bucket, or one for the account",
                    why="Without it a policy or ACL that is too wide publishes what agents wrote",
                    fix="Add a BucketPublicAccessBlock with all four settings true",
                ),
            )


RULE = StackRule(
    name="s3-bucket-public-access-block",
    description="A bucket has a public access block of its own, or its account has.",
    remediation="Add an s3.BucketPublicAccessBlock for the bucket.",
    severity=Severity.ADVISORY,
    check=_check,
)
