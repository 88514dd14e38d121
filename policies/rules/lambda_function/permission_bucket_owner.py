"""A bucket's name alone does not say whose bucket it is."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.lambda_function.function import PERMISSION, is_set
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import text


def _check(permission: Resource) -> Iterable[Finding]:
    if text(permission.properties, "principal") != "s3.amazonaws.com" or is_set(permission, "sourceAccount"):
        return []
    # Without an ARN, the permission is too wide for a rule of its own.
    if not is_set(permission, "sourceArn"):
        return []
    finding = Finding(
        property="sourceAccount",
        value="unset",
        allowed="the account that owns the bucket",
        why="A bucket's ARN has no account: who takes the name when the bucket is deleted may call the function",
        fix="Set sourceAccount beside sourceArn",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-permission-bucket-owner",
    description="A permission for S3 names the account that owns the bucket.",
    remediation="Pass source_account beside source_arn.",
    severity=Severity.ADVISORY,
    types=frozenset({PERMISSION}),
    check=_check,
)
