"""An ACL on a bucket whose owner does not own all objects: elsewhere S3 has ACLs switched off."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.references import referred
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.s3.bucket import ACLS, OWNERSHIP, buckets, guards
from policies.rules.values import UNKNOWN, lookup, members

_WITH_ACLS: Final = ("BucketOwnerPreferred", "ObjectWriter")


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for acl in (acl for acl_type in ACLS for acl in stack.of_type(acl_type)):
        bucket = referred(acl, "bucket", lookup(acl.properties, "bucket"), list(buckets(stack)))
        if bucket is not None and _without_acls(stack, bucket):
            yield (
                acl,
                Finding(
                    property="bucket",
                    value=f"'{bucket.name}', whose objects belong to its owner",
                    allowed="a bucket with ownership controls BucketOwnerPreferred or ObjectWriter",
                    why="Buckets have ACLs disabled by default: S3 answers AccessControlListNotSupported",
                    fix="Remove the ACL, which a private bucket does not need",
                ),
            )


def _without_acls(stack: Stack, bucket: Resource) -> bool:
    controls = guards(stack, (OWNERSHIP,), bucket)
    ownerships = [_ownership(control) for control in controls.known]
    return not controls.uncertain and not any(known in (*_WITH_ACLS, UNKNOWN) for known in ownerships)


def _ownership(control: Resource) -> object:
    listed = members(control.properties, "rules")
    return lookup({"rule": listed[0]} if listed else control.properties, "rule", "objectOwnership")


RULE = StackRule(
    name="s3-bucket-acl-ownership",
    description="A bucket has an ACL only where its ownership controls allow ACLs.",
    remediation="Remove the BucketAcl, or add BucketOwnershipControls with BucketOwnerPreferred before it.",
    check=_check,
)
