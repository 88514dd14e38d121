"""A function that may run at all."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import number


def _check(function: Resource) -> Iterable[Finding]:
    if number(function.properties, "reservedConcurrentExecutions") != 0:
        return []
    finding = Finding(
        property="reservedConcurrentExecutions",
        value="0",
        allowed="1 or more, or -1 for the account's common pool",
        why="Lambda throttles every call of a function with a concurrency of 0: nothing ever runs",
        fix="Leave it out, or reserve what the function needs at once",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-function-concurrency",
    description="No function has a reserved concurrency of 0.",
    remediation="Leave reserved_concurrent_executions out; to stop a function, remove its sources.",
    types=frozenset({FUNCTION}),
    check=_check,
)
