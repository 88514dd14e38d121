"""Names of secrets that end as their ARNs do, and are then found under another's name."""

import re
from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.secrets.secret import SECRETS
from policies.rules.values import text

_SUFFIX: Final = re.compile("-[A-Za-z0-9]{6}$")


def _check(secret: Resource) -> Iterable[Finding]:
    name = text(secret.properties, "name")
    if name is None or not _SUFFIX.search(name):
        return []
    return [
        Finding(
            property="name",
            value=repr(name),
            allowed="a name that does not end in a hyphen and six letters or digits",
            why="Secrets Manager ends every ARN so: a search by part of an ARN, and a policy with ??????, take this "
            "name for another secret",
            fix="End the name in a longer or shorter word",
        )
    ]


RULE = ResourceRule(
    name="secret-name-suffix",
    description="A secret's name does not end in a hyphen and six characters, as the ARNs of secrets do.",
    remediation="End the name in a word of another length.",
    severity=Severity.ADVISORY,
    types=frozenset({SECRETS}),
    check=_check,
)
