"""A number within the range that AWS accepts."""

from collections.abc import Mapping

from policies.rules.aws_limits import Range
from policies.rules.finding import Finding
from policies.rules.values import format_number, number


def range_finding(
    properties: Mapping[str, object], path: tuple[str, ...], allowed: Range, why: str, fix: str
) -> Finding | None:
    """None where the number is in range, not set or not known."""
    value = number(properties, *path)
    if value is None or allowed.allows(value):
        return None
    return Finding(property=".".join(path), value=format_number(value), allowed=str(allowed), why=why, fix=fix)
