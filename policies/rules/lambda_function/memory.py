"""How much memory a Lambda function may have."""

from collections.abc import Iterable

from policies.rules.aws_limits import LAMBDA_MANAGED_INSTANCES_MEMORY, LAMBDA_MEMORY
from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION, on_managed_instances
from policies.rules.ranges import range_finding
from policies.rules.rule import Resource, ResourceRule


def _check(function: Resource) -> Iterable[Finding]:
    accepted = LAMBDA_MANAGED_INSTANCES_MEMORY if on_managed_instances(function) else LAMBDA_MEMORY
    finding = range_finding(
        function.properties,
        ("memorySize",),
        accepted,
        why="Lambda rejects the function with a ValidationException",
        fix=f"Set memorySize to {accepted.minimum} or more and {accepted.maximum:,} or less",
    )
    return [] if finding is None else [finding]


RULE = ResourceRule(
    name="lambda-function-memory",
    description="A Lambda function has 128 to 10,240 MB of memory.",
    remediation="Set memory_size within the range; one vCPU comes with 1,769 MB.",
    types=frozenset({FUNCTION}),
    check=_check,
)
