"""A policy is a JSON object with statements."""

from collections.abc import Iterator

from policies.rules.documents import document, is_malformed, json_problem
from policies.rules.finding import Finding
from policies.rules.iam.statements.policy import IDENTITY, documents
from policies.rules.rule import Resource, ResourceRule

_REJECTED = "IAM rejects the document with MalformedPolicyDocument"


def _check(resource: Resource) -> Iterator[Finding]:
    for path, raw in documents(resource):
        if is_malformed(raw):
            yield _finding(path, json_problem(raw) or "JSON of another kind", "a JSON object")
            continue
        found = document(raw)
        if found is not None and found.get("Statement", []) == []:
            yield _finding(f"{path}.Statement", "empty", "at least one statement")


def _finding(path: str, value: str, allowed: str) -> Finding:
    return Finding(path, value, allowed, _REJECTED, "Write the document with a JSON library, from its statements")


RULE = ResourceRule(
    name="iam-policy-parses",
    description="Every policy is a JSON object with at least one statement.",
    remediation="Write policies with a JSON library instead of by hand.",
    types=IDENTITY,
    check=_check,
)
