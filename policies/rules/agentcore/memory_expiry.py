"""How long a memory keeps what was said."""

from collections.abc import Iterable

from policies.rules.agentcore.runtime import MEMORY
from policies.rules.aws_limits.agentcore import EVENT_DAYS
from policies.rules.finding import Finding
from policies.rules.ranges import range_finding
from policies.rules.rule import Resource, ResourceRule, Severity


def _check(memory: Resource) -> Iterable[Finding]:
    finding = range_finding(
        memory.properties,
        ("eventExpiryDuration",),
        EVENT_DAYS,
        "The provider and older regions refuse it, though the newest API takes 3 to 3,650",
        "Choose a number in the range; what lasts longer belongs into a store of your own",
    )
    return [] if finding is None else [finding]


RULE = ResourceRule(
    name="agentcore-memory-expiry",
    description="A memory keeps its events for 7 to 365 days.",
    remediation="Set eventExpiryDuration to 7 to 365.",
    severity=Severity.ADVISORY,
    types=frozenset({MEMORY}),
    check=_check,
)
