"""No policy allows everything, of a service or at all."""

from collections.abc import Iterator

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, PlacedStatement, of_identity
from policies.rules.rule import ResourceRule


def _everything(placed: PlacedStatement) -> Iterator[Finding]:
    for path, action in placed.texts("Action") if placed.allows else ():
        service, _, name = action.partition(":")
        if action == "*" or (name and not name.strip("*")):
            yield Finding(
                property=path,
                value=f"{action} in {placed.name}",
                allowed="the actions that the code calls, by name",
                why=f"It includes deleting {'everything' if service == '*' else f'everything in {service}'}, and an "
                "agent's tools act with the same role",
                fix="List the actions, or state the reason in an exception of the policy configuration",
            )


RULE = ResourceRule(
    name="iam-no-service-wildcard",
    description="No policy allows all actions of a service, or of all services, without a stated reason.",
    remediation="List the actions that are called; the provider's error message names a missing one.",
    types=IDENTITY,
    check=of_identity(_everything),
)
