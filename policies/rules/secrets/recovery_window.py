"""How long a deleted secret can be brought back: in Secrets Manager's range, or not at all."""

from collections.abc import Iterable

from policies.rules.aws_limits.secrets import RECOVERY_WINDOW
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.secrets.secret import SECRETS
from policies.rules.values import figure, number


def _check(secret: Resource) -> Iterable[Finding]:
    days = number(secret.properties, "recoveryWindowInDays")
    if days is None or days == 0 or RECOVERY_WINDOW.allows(days):
        return []
    return [
        Finding(
            property="recoveryWindowInDays",
            value=figure(days),
            allowed=f"{RECOVERY_WINDOW}, or 0 for no recovery",
            why="Secrets Manager refuses to delete the secret, so destroy stops half way",
            fix="Choose a number in the range, or leave it out for 30",
        )
    ]


RULE = ResourceRule(
    name="secret-recovery-window",
    description="A deleted secret can be brought back for 7 to 30 days, or not at all.",
    remediation="Set recovery_window_in_days to 7 to 30, or leave it out.",
    types=frozenset({SECRETS}),
    check=_check,
)
