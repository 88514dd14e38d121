"""What the rules of this folder know about a bucket: its types, and the resources that guard it."""

import re
from collections.abc import Iterator
from typing import Final

from policies.rules.references import Companions, companions
from policies.rules.rule import Resource, Stack

BUCKETS: Final = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
PUBLIC_ACCESS_BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ACCOUNT_PUBLIC_ACCESS_BLOCK: Final = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"
ENCRYPTIONS: Final = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
LIFECYCLES: Final = (
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
)
VERSIONINGS: Final = (
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:s3/bucketVersioningV2:BucketVersioningV2",
)
ACLS: Final = ("aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2")
OWNERSHIP: Final = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"

_WORD: Final = re.compile("[a-z0-9]+")


def buckets(stack: Stack) -> Iterator[Resource]:
    for bucket_type in BUCKETS:
        yield from stack.of_type(bucket_type)


def guards(stack: Stack, types: tuple[str, ...], bucket: Resource) -> Companions:
    """The resources of these types that name the bucket."""
    return companions(stack, types, "bucket", bucket)


def words(bucket: Resource) -> set[str]:
    """The words of the bucket's logical name, by which a rule guesses what it is for."""
    return set(_WORD.findall(bucket.name.lower()))
