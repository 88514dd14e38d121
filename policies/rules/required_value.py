"""Rules that demand one value of one property: the form of their tables, and what makes a rule of each row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Rule
from policies.rules.values import format_number, lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredValue(Rule):
    """A row: resources of `types` have a value at `property` that `accepts` takes.

    `property` is a path such as `tracingConfig.mode`, or one for each type; `reported_as` is the path that a message
    names, where that is another. `applies` restricts the demand to some resources. `value` is how a message shows the
    rejected value; `allowed`, `why` and `fix` are those of a Finding.
    """

    types: Sequence[str]
    property: str | Mapping[str, str]
    accepts: Callable[[object], bool]
    value: str | Callable[[object], str]
    allowed: str | Callable[[Resource], str]
    why: str
    fix: str | Callable[[Resource], str]
    applies: Callable[[Resource], bool] | None = None
    reported_as: str | None = None


def rules_of(*rows: RequiredValue) -> tuple[ResourceRule, ...]:
    return tuple(
        ResourceRule(
            name=row.name,
            description=row.description,
            remediation=row.remediation,
            severity=row.severity,
            types=frozenset(row.types),
            check=partial(_check, row),
        )
        for row in rows
    )


def _check(row: RequiredValue, resource: Resource) -> list[Finding]:
    path = row.property if isinstance(row.property, str) else row.property[resource.type]
    value = lookup(resource.properties, *path.split("."))
    if row.accepts(value) or not (row.applies is None or row.applies(resource)):
        return []
    return [
        Finding(
            property=row.reported_as or path,
            value=row.value if isinstance(row.value, str) else row.value(value),
            allowed=row.allowed if isinstance(row.allowed, str) else row.allowed(resource),
            why=row.why,
            fix=row.fix if isinstance(row.fix, str) else row.fix(resource),
        )
    ]


def flag(value: object) -> str:
    """How a message shows a flag that is not true."""
    return "unset" if value is None else "false"


def unset_or_quoted(value: object) -> str:
    return "unset" if value is None else repr(value)


def number(value: object) -> str:
    return format_number(value) if isinstance(value, int | float) else repr(value)
