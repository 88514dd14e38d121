"""Users take roles; rights of their own are forgotten when people and their tasks change."""

from collections.abc import Iterator
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import USER_POLICY, PlacedStatement, of_identity
from policies.rules.rule import ResourceRule, Severity

_OWN: Final = ("sts:assumerole", "sts:tagsession", "iam:changepassword")


def _rights(placed: PlacedStatement) -> Iterator[Finding]:
    for path, action in placed.texts("Action") if placed.allows else ():
        if action.lower() not in _OWN:
            yield Finding(
                property=path,
                value=f"{action} in {placed.name} of a user",
                allowed="sts:AssumeRole, by which a user takes a role with such rights",
                why="Rights of single users are forgotten when people and their tasks change",
                fix="Move the statement to a role, and allow the user to take it",
            )


RULE = ResourceRule(
    name="iam-no-user-policies",
    description="A policy of a single user allows taking roles, and nothing else.",
    remediation="Attach policies to roles and groups.",
    severity=Severity.ADVISORY,
    types=frozenset({USER_POLICY}),
    check=of_identity(_rights),
)
