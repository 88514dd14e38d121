"""When a secret is rotated: after days, or by an expression, and not by both."""

from collections.abc import Iterator
from typing import Final

from policies.rules.aws_limits.secrets import ROTATION_DAYS
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.secrets.secret import ROTATION
from policies.rules.values import UNKNOWN, format_number, lookup, number

_PATH: Final = "rotationRules"
_REJECTED: Final = "Secrets Manager rejects the rotation with InvalidParameterException"


def _check(rotation: Resource) -> Iterator[Finding]:
    days = number(rotation.properties, _PATH, "automaticallyAfterDays")
    given = lookup(rotation.properties, _PATH, "automaticallyAfterDays")
    expression = lookup(rotation.properties, _PATH, "scheduleExpression")
    if days is not None and not ROTATION_DAYS.allows(days):
        fix = "Choose a number of days in the range"
        yield Finding(f"{_PATH}.automaticallyAfterDays", format_number(days), str(ROTATION_DAYS), _REJECTED, fix)
    if UNKNOWN in (given, expression) or bool(given) is not bool(expression):
        return
    value = "set beside automaticallyAfterDays" if given else "unset, and so is automaticallyAfterDays"
    allowed = "one of automaticallyAfterDays and scheduleExpression"
    if days is None or ROTATION_DAYS.allows(days):
        yield Finding(f"{_PATH}.scheduleExpression", value, allowed, _REJECTED, "Say one of them, for example 30 days")


RULE = ResourceRule(
    name="secret-rotation-schedule",
    description="A rotation happens every 1 to 1,000 days, or by a schedule expression.",
    remediation="Set automatically_after_days or schedule_expression of rotation_rules.",
    types=frozenset({ROTATION}),
    check=_check,
)
