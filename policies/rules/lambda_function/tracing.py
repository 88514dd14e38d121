"""A function's runs can be followed in X-Ray."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import lookup


def _check(function: Resource) -> Iterable[Finding]:
    mode = lookup(function.properties, "tracingConfig", "mode")
    if mode == "Active" or not (mode is None or isinstance(mode, str)):
        return []
    finding = Finding(
        property="tracingConfig.mode",
        value=mode or "unset (PassThrough)",
        allowed="Active",
        why="Without it a run that an API, a queue or another function began has a hole in its trace here",
        fix="Set tracingConfig to Active and let the role send traces",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-function-tracing",
    description="A function traces its runs.",
    remediation='Set tracing_config={"mode": "Active"}.',
    severity=Severity.ADVISORY,
    types=frozenset({FUNCTION}),
    check=_check,
)
