"""No runtime with which Lambda makes functions no more."""

from collections.abc import Iterable

from policies.rules.aws_limits.lambda_runtimes import RETIRED
from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text


def _check(function: Resource) -> Iterable[Finding]:
    runtime = text(function.properties, "runtime")
    if runtime not in RETIRED:
        return []
    finding = Finding(
        property="runtime",
        value=runtime,
        allowed="a runtime that Lambda supports, for example python3.13",
        why="Lambda refuses to create a function with a retired runtime (InvalidParameterValueException)",
        fix="Choose a current runtime and build the package for it",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-function-runtime-retired",
    description="No function uses a runtime that Lambda has retired.",
    remediation="Set longrun:pythonVersion to a version that Lambda supports.",
    types=frozenset({FUNCTION}),
    check=_check,
)
