"""SnapStart works on published versions only."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.lambda_function.function import FUNCTION
from policies.rules.lambda_function.snap_start import PUBLISHED_VERSIONS
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import lookup, text


def _check(function: Resource) -> Iterable[Finding]:
    on = text(function.properties, "snapStart", "applyOn") == PUBLISHED_VERSIONS
    if not on or lookup(function.properties, "publish") not in (None, False):
        return []
    finding = Finding(
        property="publish",
        value="unset (no version is published)",
        allowed="true with SnapStart",
        why="SnapStart takes its snapshot of a published version: calls of $LATEST start as slowly as before",
        fix="Set publish to true and call the version, or an alias of it",
    )
    return [finding]


RULE = ResourceRule(
    name="lambda-function-snap-start-published",
    description="A function with SnapStart publishes versions.",
    remediation="Set publish=True and call the version or an alias.",
    severity=Severity.ADVISORY,
    types=frozenset({FUNCTION}),
    check=_check,
)
