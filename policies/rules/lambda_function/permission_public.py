"""No permission for everyone, except through a function's URL, which has rules of its own."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import PERMISSION, is_set
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup, text

NARROWING = ("sourceArn", "sourceAccount", "principalOrgId", "functionUrlAuthType")


def _check(permission: Resource) -> Iterable[Finding]:
    if text(permission.properties, "principal") != "*" or any(is_set(permission, field) for field in NARROWING):
        return []
    if lookup(permission.properties, "invokedViaFunctionUrl") not in (None, False):
        return []
    finding = Finding(
        property="principal",
        value="*",
        allowed="an account, a role or a service",
        why="Every AWS account in the world may call the function, at this account's cost",
        fix="Name who may call it, or narrow it by principalOrgId or sourceArn",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-permission-public",
    description="No permission lets everyone call a function.",
    remediation="Name the account, role or service that calls it.",
    types=frozenset({PERMISSION}),
    check=_check,
)
