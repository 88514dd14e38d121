"""The version of the policy language: a date that is no date of the policy."""

from collections.abc import Iterator
from typing import Final

from policies.rules.documents import document
from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, documents
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN

VERSION: Final = "2012-10-17"
_OLD: Final = "2008-10-17"


def _check(resource: Resource) -> Iterator[Finding]:
    for path, raw in documents(resource):
        found = document(raw)
        given = VERSION if found is None else found.get("Version")
        if given in (VERSION, UNKNOWN):
            continue
        old = given in (None, _OLD)
        yield Finding(
            property=f"{path}.Version",
            value="unset" if given is None else repr(given),
            allowed=VERSION,
            why="Policy variables are plain text in the older version, so such statements never match"
            if old
            else "IAM rejects other dates with MalformedPolicyDocument; this is the language's version, not yours",
            fix=f'Set "Version" to "{VERSION}"',
        )


RULE = ResourceRule(
    name="iam-policy-version",
    description="Every policy is written in version 2012-10-17 of the policy language.",
    remediation='Set "Version": "2012-10-17" in every policy document.',
    types=IDENTITY,
    check=_check,
)
