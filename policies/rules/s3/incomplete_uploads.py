"""Uploads that broke off: their parts are invisible, and paid for until a lifecycle rule removes them."""

from collections.abc import Iterable, Mapping

from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.s3.bucket import LIFECYCLES
from policies.rules.values import UNKNOWN, lookup, members


def _check(lifecycle: Resource) -> Iterable[Finding]:
    rules = members(lifecycle.properties, "rules")
    if not rules or any(_may_abort(rule) for rule in rules):
        return []
    return [
        Finding(
            property="rules",
            value="without one that is enabled and aborts incomplete uploads",
            allowed="a rule with abortIncompleteMultipartUpload",
            why="Parts of an upload that a stopped run left are in no listing, and cost money until they are removed",
            fix="Set abortIncompleteMultipartUpload to some days after the upload began",
        )
    ]


def _may_abort(rule: object) -> bool:
    if not isinstance(rule, Mapping):
        return rule is UNKNOWN
    days = lookup(rule, "abortIncompleteMultipartUpload", "daysAfterInitiation")
    return rule.get("status") in ("Enabled", UNKNOWN) and days is not None


RULE = ResourceRule(
    name="s3-lifecycle-incomplete-uploads",
    description="A bucket's lifecycle removes the parts of uploads that were never completed.",
    remediation="Add abort_incomplete_multipart_upload to an enabled rule.",
    severity=Severity.ADVISORY,
    types=frozenset(LIFECYCLES),
    check=_check,
)
