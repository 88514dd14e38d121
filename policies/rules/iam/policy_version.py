"""The version of the policy language: a date that is no date of the policy."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, documents
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN, texts

VERSION: Final = "2012-10-17"
_OLD: Final = "2008-10-17"
"""The default. It is valid, and has no policy variables."""

_VARIABLE: Final = "${"


def _check(resource: Resource) -> Iterator[Finding]:
    for path, raw in documents(resource):
        found = document(raw)
        given = VERSION if found is None else found.get("Version")
        old = given in (None, _OLD)
        if given in (VERSION, UNKNOWN) or (old and not _has_variables(found)):
            continue
        yield Finding(
            property=f"{path}.Version",
            value="unset" if given is None else repr(given),
            allowed=VERSION,
            why="Policy variables are plain text in the older version, so such statements never match"
            if old
            else "IAM rejects other dates with MalformedPolicyDocument; this is the language's version, not yours",
            fix=f'Set "Version" to "{VERSION}"',
        )


def _has_variables(found: Mapping[str, object] | None) -> bool:
    return any(_VARIABLE in value for _, value in texts(found))


RULE = ResourceRule(
    name="iam-policy-version",
    description="A policy names a version of the policy language, and the newer one if it has policy variables.",
    remediation='Set "Version": "2012-10-17" in every policy document.',
    types=IDENTITY,
    check=_check,
)
