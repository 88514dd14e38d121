"""A statement's elements: spelt as IAM spells them, and with the two values that Effect has."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, PlacedStatement, documents, placed
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN

_TOP: Final = ("Version", "Id", "Statement")
_ELEMENTS: Final = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
)
_EFFECTS: Final = ("Allow", "Deny")
_WHY: Final = "IAM rejects the document with MalformedPolicyDocument; names and effects are case-sensitive"


def _check(resource: Resource) -> Iterator[Finding]:
    for path, raw in documents(resource):
        for key in document(raw) or ():
            if key not in _TOP:
                yield _unknown_name(f"{path}.{key}", key, _TOP)
        for statement in placed(path, raw):
            yield from _elements(statement)


def _elements(placed: PlacedStatement) -> Iterator[Finding]:
    for key in placed.statement:
        if key not in _ELEMENTS:
            yield _unknown_name(f"{placed.path}.{key}", key, _ELEMENTS)
    effect = placed.statement.get("Effect")
    misspelt = any(key.lower() == "effect" for key in placed.statement if key not in _ELEMENTS)
    if effect not in (*_EFFECTS, UNKNOWN) and not misspelt:
        yield Finding(
            property=f"{placed.path}.Effect",
            value="unset" if effect is None else repr(effect),
            allowed=" or ".join(_EFFECTS),
            why=_WHY,
            fix="Write the effect as Allow or Deny",
        )


def _unknown_name(path: str, key: str, known: tuple[str, ...]) -> Finding:
    folded = {name.lower(): name for name in known}
    near = get_close_matches(key.lower(), folded, n=1)
    return Finding(
        property=path,
        value="a name that the policy language does not have",
        allowed=", ".join(known),
        why=_WHY,
        fix=f"Rename it to {folded[near[0]]}" if near else "Remove it",
    )


RULE = ResourceRule(
    name="iam-statement-elements",
    description="Policies and their statements have the elements of the policy language only, spelt exactly.",
    remediation="Spell Version, Statement, Sid, Effect, Action, Resource, Principal and Condition as IAM does.",
    types=IDENTITY,
    check=_check,
)
