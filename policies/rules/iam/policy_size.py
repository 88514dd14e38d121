"""Policies within IAM's sizes, which count every character but white space."""

from collections.abc import Iterable
from typing import Final

from policies.rules.aws_limits.iam import GROUP_SIZE, MANAGED_SIZE, ROLE_SIZE, TRUST_SIZE, USER_SIZE
from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import (
    GROUP_POLICY,
    IDENTITY,
    POLICY,
    ROLE,
    ROLE_POLICY,
    TRUST,
    USER_POLICY,
    documents,
)
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import format_number

_SIZES: Final = {
    POLICY: MANAGED_SIZE,
    ROLE: ROLE_SIZE,
    ROLE_POLICY: ROLE_SIZE,
    USER_POLICY: USER_SIZE,
    GROUP_POLICY: GROUP_SIZE,
}


def _check(resource: Resource) -> Iterable[Finding]:
    for path, raw in documents(resource):
        limit = TRUST_SIZE if path == TRUST else _SIZES[resource.type]
        size = len("".join(raw.split())) if isinstance(raw, str) else 0
        if size > limit.maximum:
            yield Finding(
                property=path,
                value=f"{format_number(size)} characters without white space",
                allowed=f"at most {format_number(limit.maximum)} {limit.unit}",
                why="IAM rejects a longer one with LimitExceeded; a role's inline policies count together",
                fix="Name resources by a common prefix, or split the policy into managed ones",
            )


RULE = ResourceRule(
    name="iam-policy-size",
    description="Policies stay within IAM's sizes: 10,240 characters in a role, 6,144 as a managed policy.",
    remediation="Shorten lists of resources to a prefix, or split the policy into managed policies.",
    types=IDENTITY,
    check=_check,
)
