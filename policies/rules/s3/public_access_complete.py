"""A public access block with all four settings: what is left out is open."""

from collections.abc import Iterator
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.s3.bucket import ACCOUNT_PUBLIC_ACCESS_BLOCK, PUBLIC_ACCESS_BLOCK
from policies.rules.values import UNKNOWN, lookup

_OPENINGS: Final = {
    "blockPublicAcls": "an ACL given with a new object can publish it",
    "ignorePublicAcls": "an ACL that an object already has can publish it",
    "blockPublicPolicy": "a bucket policy can open the bucket to everyone",
    "restrictPublicBuckets": "a bucket that was opened before stays open to everyone",
}
PROPERTY: Final = "publicAccessBlock"
"""Stands for the four settings, which are one decision."""


def _check(block: Resource) -> Iterator[Finding]:
    given = {prop: lookup(block.properties, prop) for prop in _OPENINGS}
    open_ = [prop for prop, value in given.items() if value is not True and value is not UNKNOWN]
    if open_:
        values = [f"{prop} {'unset (false)' if given[prop] is None else 'false'}" for prop in open_]
        yield Finding(
            property=PROPERTY,
            value=f"open: {', '.join(values)}",
            allowed="true for all four settings",
            why=f"Without {open_[0]} {_OPENINGS[open_[0]]}",
            fix="Set all four settings to true, and share objects by presigned URLs",
        )


RULE = ResourceRule(
    name="s3-public-access-block-complete",
    description="A public access block has all four settings enabled.",
    remediation="Set block_public_acls, block_public_policy, ignore_public_acls and restrict_public_buckets to True.",
    types=frozenset({PUBLIC_ACCESS_BLOCK, ACCOUNT_PUBLIC_ACCESS_BLOCK}),
    check=_check,
)
