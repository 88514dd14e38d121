"""Requests to a bucket over TLS only: S3 itself answers plain HTTP too."""

from collections.abc import Iterable, Mapping
from typing import Final

from policies.rules.documents import document, is_malformed
from policies.rules.finding import Finding
from policies.rules.resource_policy import Statement, statements
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.s3.bucket import POLICY, buckets, guards
from policies.rules.values import UNKNOWN, lookup

_KEY: Final = "aws:securetransport"


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for bucket in buckets(stack):
        policies = guards(stack, (POLICY,), bucket)
        inline = lookup(bucket.properties, "policy")
        if policies.uncertain or inline is UNKNOWN:
            continue
        holders = [*policies.known, *([bucket] if inline else [])]
        if not holders:
            yield bucket, _finding("missing")
        elif not any(_may_reject_plain_http(holder) for holder in holders):
            yield holders[0], _finding("without a statement that denies plain HTTP")


def _may_reject_plain_http(holder: Resource) -> bool:
    """Whether the policy does, or may: a malformed one is another rule's to report."""
    policy = lookup(holder.properties, "policy")
    found = document(policy)
    if found is None:
        return policy is UNKNOWN or is_malformed(policy)
    return UNKNOWN in _listed(found.get("Statement")) or any(_denies(statement) for statement in statements(found))


def _denies(statement: Statement) -> bool:
    """Whether the statement denies everyone all requests without TLS, as far as its parts are known."""
    principal = statement.get("Principal")
    parts = (
        (statement.get("Effect"), {"Deny"}),
        (principal.get("AWS") if isinstance(principal, Mapping) else principal, {"*"}),
        (statement.get("Action"), {"*", "s3:*"}),
    )
    matches = (bool(accepted.intersection(_texts(value))) or UNKNOWN in _listed(value) for value, accepted in parts)
    return all(matches) and _without_tls(statement.get("Condition"))


def _without_tls(conditions: object) -> bool:
    if not isinstance(conditions, Mapping):
        return conditions is UNKNOWN
    keys = conditions.get("Bool")
    if not isinstance(keys, Mapping):
        return keys is UNKNOWN
    values = [value for key, value in keys.items() if key.lower() == _KEY]
    return any(value is False or UNKNOWN in _listed(value) or "false" in _texts(value) for value in values)


def _texts(value: object) -> list[str]:
    return [text.lower() if text.lower() == "false" else text for text in _listed(value) if isinstance(text, str)]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _finding(value: str) -> Finding:
    return Finding(
        property="policy",
        value=value,
        allowed="a policy with Deny for s3:* to everyone where aws:SecureTransport is false",
        why="S3 answers plain HTTP too, and a presigned URL that is called so exposes its signature",
        fix="Add a BucketPolicy with that statement",
    )


RULE = StackRule(
    name="s3-bucket-tls-only",
    description="A bucket's policy denies every request that comes without TLS.",
    remediation='Deny s3:* to principal "*" with the condition {"Bool": {"aws:SecureTransport": "false"}}.',
    severity=Severity.ADVISORY,
    check=_check,
)
