"""A repository's policy does not let everyone in."""

from collections.abc import Iterable

from policies.rules.container_image.image import REPOSITORY_POLICY
from policies.rules.finding import Finding
from policies.rules.open_policy import open_policy_findings
from policies.rules.rule import Resource, ResourceRule


def _check(policy: Resource) -> Iterable[Finding]:
    return open_policy_findings(
        policy,
        rejected="ECR rejects the policy with InvalidParameterException",
        why="Every AWS account may pull the image, and with it the agent's code and whatever was built into it",
    )


RULE = ResourceRule(
    name="container-image-repository-public",
    description="A repository's policy names whom it lets in.",
    remediation="Name accounts, roles or services as principals.",
    types=frozenset({REPOSITORY_POLICY}),
    check=_check,
)
