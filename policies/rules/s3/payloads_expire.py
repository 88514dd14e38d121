"""Objects of runs: payloads, results and uploads expire, as their journal does."""

from collections.abc import Iterable, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.s3.bucket import LIFECYCLES, buckets, guards, words
from policies.rules.values import UNKNOWN, lookup

_PASSING: Final = frozenset({"payload", "payloads", "results", "uploads", "exports", "temp", "tmp", "scratch", "cache"})
"""Words in a bucket's logical name by which its objects are taken for those of runs."""


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for bucket in buckets(stack):
        lifecycles = guards(stack, LIFECYCLES, bucket)
        inline = lookup(bucket.properties, "lifecycleRules")
        if not words(bucket) & _PASSING or lifecycles.uncertain or inline is not None:
            continue
        if not lifecycles.known:
            yield bucket, _finding("lifecycleConfiguration", "missing")
        elif not any(_may_expire(lookup(known.properties, "rules")) for known in lifecycles.known):
            yield lifecycles.known[0], _finding("rules", "without one that is enabled and expires objects")


def _may_expire(rules: object) -> bool:
    if not isinstance(rules, list):
        return rules is UNKNOWN
    return any(_expires(rule) if isinstance(rule, Mapping) else rule is UNKNOWN for rule in rules)


def _expires(rule: Mapping[str, object]) -> bool:
    when = [lookup(rule, "expiration", field) for field in ("days", "date")]
    return rule.get("status") in ("Enabled", UNKNOWN) and any(when)


def _finding(prop: str, value: str) -> Finding:
    return Finding(
        property=prop,
        value=value,
        allowed="a lifecycle rule that expires objects, in a bucket for the objects of runs",
        why="Payloads outlive the journal that names them, and are kept for ever, at a cost",
        fix="Expire objects some days after the table's time to live",
    )


RULE = StackRule(
    name="s3-bucket-payloads-expire",
    description="A bucket for payloads, results or uploads removes them after a time.",
    remediation="Add an s3.BucketLifecycleConfiguration with an enabled rule that has an expiration.",
    severity=Severity.ADVISORY,
    check=_check,
)
