"""The name of a secret, in the characters that Secrets Manager takes."""

from collections.abc import Iterable

from policies.rules.aws_limits.secrets import SECRET_NAME
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.secrets.secret import SECRETS
from policies.rules.values import quoted, text


def _check(secret: Resource) -> Iterable[Finding]:
    name = text(secret.properties, "name")
    if name is None or SECRET_NAME.allows(name):
        return []
    return [
        Finding(
            property="name",
            value=quoted(name),
            allowed="1 to 512 letters, digits and /_+=.@-",
            why="Secrets Manager refuses the secret with InvalidParameterException",
            fix="Leave the name to Pulumi, or write it as a path: longrun/model-key",
        )
    ]


RULE = ResourceRule(
    name="secret-name",
    description="A secret's name has at most 512 characters, all of which Secrets Manager takes.",
    remediation="Leave the name to Pulumi, or write letters, digits, slashes and hyphens.",
    types=frozenset({SECRETS}),
    check=_check,
)
