"""The name of a bucket: one host name on the internet, so with the rules of host names."""

from collections.abc import Iterable
from ipaddress import ip_address

from policies.rules.aws_limits.s3 import BUCKET_NAME, RESERVED_PREFIXES, RESERVED_SUFFIXES
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.s3.bucket import BUCKETS
from policies.rules.values import quoted, text


def _check(bucket: Resource) -> Iterable[Finding]:
    name = text(bucket.properties, "bucket")
    if name is None or _is_allowed(name):
        return []
    return [
        Finding(
            property="bucket",
            value=quoted(name),
            allowed="3 to 63 lower-case letters, digits, hyphens and single dots, a letter or digit at both ends, "
            "no IP address and nothing that S3 keeps for itself",
            why="S3 rejects the bucket with InvalidBucketName",
            fix="Leave the name to Pulumi, or write it in lower case with hyphens",
        )
    ]


def _is_allowed(name: str) -> bool:
    if not BUCKET_NAME.allows(name) or name.startswith(RESERVED_PREFIXES) or name.endswith(RESERVED_SUFFIXES):
        return False
    try:
        ip_address(name)
    except ValueError:
        return True
    return False


RULE = ResourceRule(
    name="s3-bucket-name",
    description="A bucket's name is one that S3 accepts.",
    remediation="Leave the name to Pulumi, or write 3 to 63 lower-case letters, digits and hyphens.",
    types=frozenset(BUCKETS),
    check=_check,
)
