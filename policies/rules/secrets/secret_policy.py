"""A secret's policy: well formed, and never for everyone."""

from collections.abc import Iterator

from policies.rules.finding import Finding
from policies.rules.open_policy import open_policy_findings
from policies.rules.rule import Resource, ResourceRule
from policies.rules.secrets.secret import POLICY, SECRETS


def _check(resource: Resource) -> Iterator[Finding]:
    return open_policy_findings(
        resource,
        rejected="Secrets Manager rejects the policy with MalformedPolicyDocumentException",
        why="Every AWS account may read the secret, or change it",
    )


RULE = ResourceRule(
    name="secret-policy",
    description="A secret's policy is well formed and admits named principals only.",
    remediation="Name the role that reads the secret.",
    types=frozenset({SECRETS, POLICY}),
    check=_check,
)
