"""The size of a secret's value, and that there is one of them."""

from collections.abc import Iterator
from typing import Final

from policies.rules.aws_limits.secrets import SECRET_VALUE
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.secrets.secret import VERSION
from policies.rules.values import UNKNOWN, lookup

_PROPERTIES: Final = ("secretString", "secretBinary", "secretStringWo")
_REJECTED: Final = "Secrets Manager rejects the version with InvalidParameterException"


def _check(version: Resource) -> Iterator[Finding]:
    given = {prop: lookup(version.properties, prop) for prop in _PROPERTIES}
    known = [prop for prop, value in given.items() if value not in (None, UNKNOWN)]
    if len(known) > 1:
        fix = "Remove all but one"
        yield Finding(known[1], f"set beside {known[0]}", f"one of {', '.join(_PROPERTIES)}", _REJECTED, fix)
    for prop, value in given.items():
        size = len(value.encode(errors="surrogatepass")) if isinstance(value, str) else None
        if size is not None and not SECRET_VALUE.allows(size):
            fix = "Keep files in S3, encrypted by a key of yours, and their key here"
            yield Finding(prop, f"a text of {size:,} bytes", str(SECRET_VALUE), _REJECTED, fix)


RULE = ResourceRule(
    name="secret-value-fits",
    description="A version of a secret has one value of 1 to 65,536 bytes.",
    remediation="Give one of secret_string, secret_binary and secret_string_wo.",
    types=frozenset({VERSION}),
    check=_check,
)
