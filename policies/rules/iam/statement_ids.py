"""Names of statements."""

import re
from collections.abc import Iterator

from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, documents, placed
from policies.rules.rule import Resource, ResourceRule


def _check(resource: Resource) -> Iterator[Finding]:
    for path, raw in documents(resource):
        seen: set[str] = set()
        for statement in placed(path, raw):
            for place, sid in statement.texts("Sid"):
                if re.fullmatch("[A-Za-z0-9]*", sid) is None:
                    yield _finding(place, repr(sid), "letters and digits")
                elif sid in seen:
                    yield _finding(place, f"{sid!r}, as in an earlier statement", "a name that no other statement has")
                seen.add(sid)


def _finding(path: str, value: str, allowed: str) -> Finding:
    why = "IAM rejects the document: statement ids are alphanumeric and unique in a policy"
    return Finding(path, value, allowed, why, "Rename the statement, or leave the Sid out")


RULE = ResourceRule(
    name="iam-statement-ids",
    description="The Sids of a policy's statements are unique, and letters and digits only.",
    remediation="Give each statement its own Sid in CamelCase.",
    types=IDENTITY,
    check=_check,
)
