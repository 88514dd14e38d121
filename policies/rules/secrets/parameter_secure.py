"""Parameters that hold a secret in plain text."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.secret_values import secret_finding
from policies.rules.secrets.secret import PARAMETER
from policies.rules.values import text

_PLAIN: Final = ("String", "StringList")
_PROPERTIES: Final = ("value", "insecureValue")
_READERS: Final = "list parameters or read"


def _check(parameter: Resource) -> Iterable[Finding]:
    if text(parameter.properties, "type") not in _PLAIN:
        return
    name = (text(parameter.properties, "name") or parameter.name).rsplit("/", 1)[-1]
    for prop in _PROPERTIES:
        value = text(parameter.properties, prop)
        finding = None if value is None else secret_finding(prop, name, value, _READERS)
        if finding is not None:
            yield finding


RULE = ResourceRule(
    name="parameter-secure",
    description="A parameter that holds a secret is not plain text.",
    remediation="Use a Secret, or type SecureString.",
    types=frozenset({PARAMETER}),
    check=_check,
)
