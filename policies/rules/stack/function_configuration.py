"""A function's role may do what the function's configuration has Lambda do with it: Lambda checks that."""

from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Permissions
from policies.rules.index import Index
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.references.denied import denied_finding, lacking
from policies.rules.values import members, text

_TRACE: Final = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
_NETWORK: Final = ("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces")
_REJECTED: Final = "Lambda rejects the function: the execution role does not have permissions for it"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    permissions = Permissions.of(index)
    for function in index.of_types(FUNCTION):
        role = permissions.role(function, "role")
        for path, actions, on in _needs(function) if role is not None else ():
            missing = [] if role is None else lacking(permissions, role, actions, None)
            if role is not None and missing:
                yield function, denied_finding(path, role, missing, on, _REJECTED)


def _needs(function: Resource) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """(property, actions, on what) of what is switched on."""
    if text(function.properties, "tracingConfig", "mode") == "Active":
        yield "tracingConfig.mode", _TRACE, "X-Ray"
    if members(function.properties, "vpcConfig", "subnetIds"):
        yield "vpcConfig.subnetIds", _NETWORK, "network interfaces"


RULE = StackRule(
    name="stack-function-role-fits-configuration",
    description="The role of a function that traces, or works in a VPC, allows what is needed for it.",
    remediation="Allow xray:Put… for tracing, and ec2:…NetworkInterface for a function in a VPC.",
    check=_check,
)
