"""A function logs into a log group of the stack, not into one that Lambda creates and nothing removes."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION, is_set
from policies.rules.references import refers
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup

LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
PREFIX: Final = "/aws/lambda/"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    groups = stack.of_type(LOG_GROUP)
    for function in stack.of_type(FUNCTION):
        if not is_set(function, "loggingConfig", "logGroup") and all(_is_other(group, function) for group in groups):
            yield (
                function,
                Finding(
                    property="loggingConfig.logGroup",
                    value="unset, and the stack has no log group of the name that Lambda would choose",
                    allowed="a log group of the stack",
                    why="Lambda makes one itself at the first call, which keeps all events and outlives the stack",
                    fix="Declare a log group with a retention and name it in loggingConfig",
                ),
            )


def _is_other(group: Resource, function: Resource) -> bool:
    """Whether it is certain that the log group is not the one in which Lambda would look for the function's own."""
    name = lookup(group.properties, "name")
    if isinstance(name, str):
        return not name.startswith(PREFIX) or refers(group, "name", name.removeprefix(PREFIX), function) is False
    return name is None or refers(group, "name", name, function) is False


RULE = StackRule(
    name="lambda-function-log-group",
    description="A function logs into a log group that the stack declares.",
    remediation='Create a LogGroup with retention_in_days and pass logging_config={"log_group": ...}.',
    check=_check,
)
