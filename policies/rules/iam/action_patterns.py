"""Actions by name: a pattern grows with every action that AWS adds."""

from collections.abc import Iterator

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, PlacedStatement, of_identity
from policies.rules.iam.statements.resourceless import is_resourceless
from policies.rules.rule import ResourceRule, Severity


def _patterns(placed: PlacedStatement) -> Iterator[Finding]:
    for path, action in placed.texts("Action") if placed.allows else ():
        name = action.partition(":")[2]
        if name.strip("*") and set("*?") & set(name) and not _reads(name) and not is_resourceless(action):
            yield Finding(
                property=path,
                value=f"{action} in {placed.name}",
                allowed="the actions that the code calls, by name; patterns for reading only",
                why="A pattern takes in whatever actions AWS adds to the service later",
                fix="List the actions",
            )


def _reads(name: str) -> bool:
    return name.lower().startswith(("get", "list", "describe", "batchget", "head", "query", "scan"))


RULE = ResourceRule(
    name="iam-no-action-patterns",
    description="Actions that change something are listed by name, not by a pattern.",
    remediation="List the actions that are called instead of dynamodb:*Item and the like.",
    severity=Severity.ADVISORY,
    types=IDENTITY,
    check=of_identity(_patterns),
)
