"""A function in a VPC names subnets and security groups."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION, is_set
from policies.rules.rule import Resource, ResourceRule

FIELDS = ("subnetIds", "securityGroupIds")


def _check(function: Resource) -> Iterable[Finding]:
    given = [field for field in FIELDS if is_set(function, "vpcConfig", field)]
    if len(given) != 1:
        return []
    (missing,) = set(FIELDS) - set(given)
    finding = Finding(
        property=f"vpcConfig.{missing}",
        value="unset",
        allowed="subnets and security groups, or neither",
        why="Lambda rejects the function with InvalidParameterValueException",
        fix=f"Set {missing}, or leave vpcConfig out",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-function-network",
    description="A function's VPC configuration has subnets and security groups.",
    remediation="Pass both, or leave vpc_config out.",
    types=frozenset({FUNCTION}),
    check=_check,
)
