"""Who may take a role: never everyone."""

from collections.abc import Iterator

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import ROLE, PlacedStatement, of_trust
from policies.rules.resource_policy import is_public
from policies.rules.rule import ResourceRule


def _open(placed: PlacedStatement) -> Iterator[Finding]:
    # NotPrincipal is the finding of the rule about what is negated.
    if "NotPrincipal" not in placed.statement and is_public(placed.statement):
        yield Finding(
            property=f"{placed.path}.Principal",
            value=f"everyone in {placed.name}",
            allowed="services, or ARNs of roles and accounts",
            why="Anyone with an AWS account can assume the role and use all of its permissions",
            fix="Name the service or the role that takes it",
        )


RULE = ResourceRule(
    name="iam-trust-not-open",
    description="No role can be assumed by everyone.",
    remediation="Name the principals of a trust policy; or narrow '*' by aws:PrincipalOrgID.",
    types=frozenset({ROLE}),
    check=of_trust(_open),
)
