"""A function may write its own logs."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.permissions import Permissions
from policies.rules.index import Index
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.lambda_function.log_group import LOG_GROUP
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.references.denied import denied_finding, lacking
from policies.rules.values import lookup

_ACTIONS: Final = ("logs:CreateLogStream", "logs:PutLogEvents")


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    permissions = Permissions.of(index)
    for function in index.of_types(FUNCTION):
        role = permissions.role(function, "role")
        name = lookup(function.properties, "loggingConfig", "logGroup")
        group = index.named(function, "loggingConfig", name, (LOG_GROUP,)).resource
        if role is None or (group is None and name is not None):
            continue
        missing = lacking(permissions, role, _ACTIONS, group)
        if missing:
            on = f"the log group '{group.name}'" if group else "its log group"
            why = "The function runs without a log: no one sees why a run failed"
            yield function, denied_finding("role", role, missing, on, why)


RULE = StackRule(
    name="stack-function-writes-logs",
    description="The role of a function may write to the function's log group.",
    remediation="Allow logs:CreateLogStream and logs:PutLogEvents on the log group's ARN followed by :*.",
    check=_check,
)
