"""A role is passed to the service that it is for, and to no other."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, PlacedStatement, of_identity
from policies.rules.resource_policy import narrowed_by
from policies.rules.rule import ResourceRule

_KEYS: Final = frozenset({"iam:passedtoservice", "iam:associatedresourcearn"})
_FIX: Final = "Name the role's ARN and add StringEquals on iam:PassedToService"


def _passes(placed: PlacedStatement) -> Iterator[Finding]:
    actions = [path for path, action in placed.texts("Action") if action.lower() == "iam:passrole"]
    if not placed.allows or not actions:
        return
    why = "An identity that passes roles can start something with a stronger role than its own, and act through it"
    for path, arn in placed.texts("Resource"):
        if arn == "*" or fnmatchcase(arn, "arn:*:iam::*:[*]") or fnmatchcase(arn, "arn:*:iam::*:role/[*]"):
            yield Finding(path, "every role, for iam:PassRole", "the ARNs of the roles that are passed", why, _FIX)
    if narrowed_by(placed.statement, _KEYS) is False:
        condition = "without iam:PassedToService"
        yield Finding(f"{placed.path}.Condition", condition, "a condition on iam:PassedToService", why, _FIX)


RULE = ResourceRule(
    name="iam-pass-role-narrow",
    description="iam:PassRole is allowed for named roles, to the service that they are for.",
    remediation="Allow iam:PassRole on the role's ARN with a condition on iam:PassedToService.",
    types=IDENTITY,
    check=of_identity(_passes),
)
