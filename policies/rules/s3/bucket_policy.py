"""A bucket's policy: well formed, and never for everyone."""

from collections.abc import Iterator

from policies.rules.finding import Finding
from policies.rules.open_policy import open_policy_findings
from policies.rules.rule import Resource, ResourceRule
from policies.rules.s3.bucket import BUCKETS, POLICY


def _check(resource: Resource) -> Iterator[Finding]:
    return open_policy_findings(
        resource,
        rejected="S3 rejects the policy with MalformedPolicy",
        why="Everyone on the internet may do what the statement allows",
    )


RULE = ResourceRule(
    name="s3-bucket-policy",
    description="A bucket's policy is well formed and opens the bucket to named principals only.",
    remediation="Name principals or add a condition on who calls; share single objects by presigned URLs.",
    types=frozenset({POLICY, *BUCKETS}),
    check=_check,
)
