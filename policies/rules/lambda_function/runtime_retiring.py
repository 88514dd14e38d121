"""No runtime whose support ends within months."""

from collections.abc import Iterable

from policies.rules.aws_limits.lambda_runtimes import RETIRING
from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import text


def _check(function: Resource) -> Iterable[Finding]:
    runtime = text(function.properties, "runtime")
    if runtime not in RETIRING:
        return []
    finding = Finding(
        property="runtime",
        value=runtime,
        allowed="a runtime with years of support, for example python3.13",
        why="Lambda ends its support: no security patches, then no new functions, then no updates of old ones",
        fix="Choose a newer runtime and build the package for it",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-function-runtime-retiring",
    description="No function uses a runtime whose support ends within months.",
    remediation="Set longrun:pythonVersion to a newer version.",
    severity=Severity.ADVISORY,
    types=frozenset({FUNCTION}),
    check=_check,
)
