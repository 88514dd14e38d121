"""Objects that have no second copy: a state, an archive or a backup keeps its earlier versions."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import Resource, Severity, Stack, StackRule
from policies.rules.s3.bucket import VERSIONINGS, buckets, guards, words
from policies.rules.values import UNKNOWN, lookup

_LASTING: Final = frozenset({"state", "archive", "archives", "backup", "backups", "audit", "ledger", "memory"})
"""Words in a bucket's logical name by which its objects are taken for the only copy. (A state machine keeps none.)"""


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for bucket in buckets(stack):
        named = words(bucket)
        if not named & _LASTING or "machine" in named or _locked(bucket):
            continue
        versionings = guards(stack, VERSIONINGS, bucket)
        if versionings.missing and lookup(bucket.properties, "versioning", "enabled") in (None, False):
            yield bucket, _finding("versioning", "missing")
        for versioning in versionings.known:
            status = lookup(versioning.properties, "versioningConfiguration", "status")
            if status not in ("Enabled", UNKNOWN):
                yield versioning, _finding("versioningConfiguration.status", repr(status) if status else "unset")


def _locked(bucket: Resource) -> bool:
    """Object lock brings versioning with it."""
    return lookup(bucket.properties, "objectLockEnabled") not in (None, False)


def _finding(prop: str, value: str) -> Finding:
    return Finding(
        property=prop,
        value=value,
        allowed="Enabled, for a bucket that holds the only copy of a state, archive or backup",
        why="A faulty writer overwrites the only copy, and it cannot be restored",
        fix="Add a BucketVersioning with status Enabled, and a lifecycle that expires old versions",
    )


RULE = StackRule(
    name="s3-bucket-versioning",
    description="A bucket that holds state, an archive or a backup keeps earlier versions.",
    remediation="Add an s3.BucketVersioning with status Enabled.",
    severity=Severity.ADVISORY,
    check=_check,
)
