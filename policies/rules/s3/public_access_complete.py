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


def _check(block: Resource) -> Iterator[Finding]:
    for prop, opening in _OPENINGS.items():
        value = lookup(block.properties, prop)
        if value is not True and value is not UNKNOWN:
            yield Finding(
                property=prop,
                value="unset (the provider's default of false)" if value is None else "false",
                allowed="true",
                why=f"Without it {opening}",
                fix="Set all four settings to true, and share objects by presigned URLs",
            )


RULE = ResourceRule(
    name="s3-public-access-block-complete",
    description="A public access block has all four settings enabled.",
    remediation="Set block_public_acls, block_public_policy, ignore_public_acls and restrict_public_buckets to True.",
    types=frozenset({PUBLIC_ACCESS_BLOCK, ACCOUNT_PUBLIC_ACCESS_BLOCK}),
    check=_check,
)
