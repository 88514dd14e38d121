"""ACLs of buckets and objects: none that shows them to everyone."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.aws_limits.s3 import PUBLIC_ACLS, PUBLIC_GROUPS
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.s3.bucket import ACLS, BUCKETS
from policies.rules.values import lookup, members, text

_OBJECTS: Final = (
    "aws:s3/bucketObject:BucketObject",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "aws:s3/objectCopy:ObjectCopy",
)
_GRANTS: Final = (("grants",), ("accessControlPolicy", "grants"))


def _check(resource: Resource) -> Iterator[Finding]:
    acl = text(resource.properties, "acl")
    if acl in PUBLIC_ACLS:
        yield _finding("acl", acl)
    for path in _GRANTS:
        for position, grant in enumerate(members(resource.properties, *path)):
            uri = _grantee(grant)
            if uri in PUBLIC_GROUPS:
                yield _finding(f"{'.'.join(path)}[{position}]", f"for the group {str(uri).rsplit('/', 1)[-1]}")


def _grantee(grant: object) -> object:
    if not isinstance(grant, Mapping):
        return None
    return lookup(grant, "grantee", "uri") if "grantee" in grant else grant.get("uri")


def _finding(prop: str, value: str) -> Finding:
    return Finding(
        property=prop,
        value=value,
        allowed="private, or no ACL at all",
        why="Everyone, or everyone with an AWS account, may read what agents wrote",
        fix="Remove the ACL and share single objects by presigned URLs",
    )


RULE = ResourceRule(
    name="s3-bucket-acl-private",
    description="No bucket and no object has an ACL for everyone.",
    remediation="Remove the ACL; access is given by policies and presigned URLs.",
    types=frozenset({*BUCKETS, *ACLS, *_OBJECTS}),
    check=_check,
)
