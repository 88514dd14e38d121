"""A queue's policy: well formed, and never for everyone."""

from collections.abc import Iterator

from policies.rules.finding import Finding
from policies.rules.messaging.resources.queue import QUEUE, QUEUE_POLICY
from policies.rules.open_policy import open_policy_findings
from policies.rules.rule import Resource, ResourceRule


def _check(resource: Resource) -> Iterator[Finding]:
    return open_policy_findings(
        resource,
        rejected="SQS rejects the policy with InvalidAttributeValue",
        why="Everyone may send requests to the queue, or receive them from it",
    )


RULE = ResourceRule(
    name="sqs-queue-policy",
    description="A queue's policy is well formed and admits named principals only.",
    remediation="Name principals, or add a condition on aws:SourceArn.",
    types=frozenset({QUEUE, QUEUE_POLICY}),
    check=_check,
)
