"""A service may call a function for one source only."""

from collections.abc import Iterable

from policies.rules.aws_limits.partitions import PARTITIONS
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import PERMISSION, is_set
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text

NARROWING = ("sourceArn", "sourceAccount", "principalOrgId", "eventSourceToken")


def _check(permission: Resource) -> Iterable[Finding]:
    principal = text(permission.properties, "principal")
    if principal is None or not principal.endswith(tuple(f".{partition.suffix}" for partition in PARTITIONS)):
        return []
    if any(is_set(permission, field) for field in NARROWING):
        return []
    finding = Finding(
        property="sourceArn",
        value="unset",
        allowed=f"the ARN of what may call the function through {principal}",
        why="Every account's resources in that service may call the function (the confused deputy)",
        fix="Set sourceArn to the ARN of the API, rule, topic or bucket",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-permission-source",
    description="A permission for an AWS service names the source for which it may call the function.",
    remediation="Pass source_arn.",
    types=frozenset({PERMISSION}),
    check=_check,
)
