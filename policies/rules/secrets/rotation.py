"""Secrets that change: by a rotation, or in the way that a tag states."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.references import companions
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.secrets.secret import ROTATION, SECRETS
from policies.rules.values import UNKNOWN, lookup

TAG: Final = "longrun:rotation"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for secret in stack.of_type(SECRETS):
        tags = lookup(secret.properties, "tags")
        tagged = tags is UNKNOWN or bool(lookup(secret.properties, "tags", TAG))
        if not tagged and companions(stack, (ROTATION,), "secretId", secret).missing:
            yield (
                secret,
                Finding(
                    property="rotation",
                    value="missing",
                    allowed=f"a SecretRotation, or the tag {TAG} that names who changes the value and how",
                    why="A leaked key stays valid until someone changes it",
                    fix=f"Add a SecretRotation; for a key of another company set the tag {TAG} to manual",
                ),
            )


RULE = StackRule(
    name="secret-rotation",
    description="A secret is rotated, or a tag names who changes its value.",
    remediation=f"Add a secretsmanager.SecretRotation, or the tag {TAG}.",
    severity=Severity.ADVISORY,
    check=_check,
)
