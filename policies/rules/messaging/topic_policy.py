"""A topic's policy: well formed, and never for everyone."""

from collections.abc import Iterator

from policies.rules.finding import Finding
from policies.rules.messaging.resources.topic import TOPIC, TOPIC_POLICY
from policies.rules.open_policy import open_policy_findings
from policies.rules.rule import Resource, ResourceRule


def _check(resource: Resource) -> Iterator[Finding]:
    return open_policy_findings(
        resource,
        rejected="SNS rejects the policy with InvalidParameter",
        why="Everyone may publish to the topic, or subscribe to its messages",
    )


RULE = ResourceRule(
    name="sns-topic-policy",
    description="A topic's policy is well formed and admits named principals only.",
    remediation="Name principals, or add a condition on aws:SourceArn.",
    types=frozenset({TOPIC, TOPIC_POLICY}),
    check=_check,
)
