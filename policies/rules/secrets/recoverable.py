"""Secrets that are gone at once when they are deleted: for stages that may lose them only."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.secrets.secret import SECRETS
from policies.rules.values import UNKNOWN, lookup, number

_PASSING: Final = ("dev", "development", "test", "local", "sandbox", "ci")


def _check(secret: Resource) -> Iterable[Finding]:
    stage = lookup(secret.properties, "tags", "stage")
    if number(secret.properties, "recoveryWindowInDays") != 0 or stage is UNKNOWN or stage in _PASSING:
        return []
    return [
        Finding(
            property="recoveryWindowInDays",
            value="0",
            allowed="7 to 30 days, or 0 with the tag stage of a stage that may lose it (dev, test)",
            why="Destroy, or a change that replaces the secret, removes the only copy of a key at once",
            fix="Leave it out, which gives 30 days",
        )
    ]


RULE = ResourceRule(
    name="secret-recoverable",
    description="A secret can be brought back after it was deleted, except in stages that may lose it.",
    remediation="Leave recovery_window_in_days out, or tag the secret with its stage.",
    severity=Severity.ADVISORY,
    types=frozenset({SECRETS}),
    check=_check,
)
