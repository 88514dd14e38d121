"""A statement names actions and resources; only a trust policy names principals, and has no resource."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, TRUST, PlacedStatement, identity_documents, placed
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup

_NEEDED: Final[Mapping[bool, tuple[tuple[str, str], ...]]] = {
    False: (("Action", "NotAction"), ("Resource", "NotResource")),
    True: (("Principal", "NotPrincipal"), ("Action", "NotAction")),
}
"""By whether it is a trust policy: of each pair a statement has exactly one."""

_FOREIGN: Final = {False: ("Principal", "NotPrincipal"), True: ("Resource", "NotResource")}
_KIND: Final = {False: "an identity policy", True: "a trust policy"}
_REJECTED: Final = "IAM rejects the document with MalformedPolicyDocument"


def _check(resource: Resource) -> Iterator[Finding]:
    for statement in placed(TRUST, lookup(resource.properties, TRUST)):
        yield from _findings(statement, trust=True)
    for path, raw in identity_documents(resource):
        for statement in placed(path, raw):
            yield from _findings(statement, trust=False)


def _findings(placed: PlacedStatement, *, trust: bool) -> Iterator[Finding]:
    known = {key.lower() for key in placed.statement}
    for one, other in _NEEDED[trust]:
        both = one in placed.statement and other in placed.statement
        # A misspelt name is the finding of the rule about spelling.
        neither = one.lower() not in known and other.lower() not in known
        if both or neither or placed.statement.get(one) == []:
            yield Finding(
                property=f"{placed.path}.{one}",
                value="given beside " + other if both else "missing" if neither else "empty",
                allowed=f"exactly one of {one} and {other}, with a value",
                why=_REJECTED,
                fix=f"Give {placed.name} {one}" + (f" alone, without {other}" if both else ""),
            )
    for name in _FOREIGN[trust]:
        if name in placed.statement:
            yield Finding(
                property=f"{placed.path}.{name}",
                value=f"given in {_KIND[trust]}",
                allowed=f"{_KIND[trust]} without it",
                why=f"{_REJECTED}: it holds for what it is attached to",
                fix=f"Remove {name} from {placed.name}",
            )


RULE = ResourceRule(
    name="iam-statement-complete",
    description="Every statement names its actions and resources, in a trust policy its actions and principals.",
    remediation="Give each statement Action and Resource, in a trust policy Principal and Action, and nothing beside.",
    types=IDENTITY,
    check=_check,
)
