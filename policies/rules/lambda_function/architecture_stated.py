"""A function says which CPU it runs on."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup


def _check(function: Resource) -> Iterable[Finding]:
    stated = lookup(function.properties, "architectures")
    if not (stated is None or isinstance(stated, list)) or (stated and len(stated) == 1):
        return []
    finding = Finding(
        property="architectures",
        value=", ".join(map(str, stated)) if stated else "unset (Lambda's default of x86_64)",
        allowed="arm64 or x86_64, one of them",
        why="A package or an image built for the other CPU fails at each start, with an import or a spawn error",
        fix="State the architecture that the package is built for",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-function-architecture-stated",
    description="A function states its architecture, arm64 or x86_64.",
    remediation='Set architectures=["arm64"], or what longrun:architecture says.',
    types=frozenset({FUNCTION}),
    check=_check,
)
