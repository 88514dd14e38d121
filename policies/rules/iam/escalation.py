"""No role of an agent's code may extend its own permissions."""

from collections.abc import Iterator
from typing import Final

from policies.rules.aws_limits.iam import ESCALATIONS
from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, PlacedStatement, of_identity
from policies.rules.rule import ResourceRule

_ESCALATIONS: Final = frozenset(action.lower() for action in ESCALATIONS)


def _escalations(placed: PlacedStatement) -> Iterator[Finding]:
    for path, action in placed.texts("Action") if placed.allows else ():
        if action.lower() in _ESCALATIONS:
            yield Finding(
                property=path,
                value=f"{action} in {placed.name}",
                allowed="no action that changes who may do what",
                why="An identity with such a policy can give itself every other permission in the account",
                fix="Leave such changes to the deployment, or state the reason in an exception",
            )


RULE = ResourceRule(
    name="iam-no-escalation",
    description="No policy allows changing policies, keys or trust, which would give every permission.",
    remediation="Let the deployment alone change roles and policies.",
    types=IDENTITY,
    check=of_identity(_escalations),
)
