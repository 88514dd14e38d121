"""Allow lists what is allowed, not what is left out."""

from collections.abc import Iterator
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, PlacedStatement, documents, placed
from policies.rules.rule import Resource, ResourceRule

_NEGATED: Final = ("NotAction", "NotResource", "NotPrincipal")


def _check(resource: Resource) -> Iterator[Finding]:
    for path, raw in documents(resource):
        for statement in placed(path, raw):
            yield from _negated(statement)


def _negated(placed: PlacedStatement) -> Iterator[Finding]:
    for element in _NEGATED if placed.allows else ():
        if element in placed.statement:
            yield Finding(
                property=f"{placed.path}.{element}",
                value=f"given with Allow in {placed.name}",
                allowed=f"{element.removeprefix('Not')} with Allow; {element} with Deny only",
                why="It allows all that is not named, also what AWS adds later",
                fix=f"List what is allowed under {element.removeprefix('Not')}",
            )


RULE = ResourceRule(
    name="iam-no-negated-allow",
    description="No statement allows everything but what it names.",
    remediation="Use Action, Resource and Principal with Allow; keep NotAction and its like for Deny.",
    types=IDENTITY,
    check=_check,
)
