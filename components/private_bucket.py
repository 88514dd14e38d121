"""A private bucket: public access blocked, encrypted at rest, TLS only."""

from typing import Final, NotRequired, TypedDict

import pulumi
from pulumi_aws import s3

from components import iam
from components.validation import require_valid, tag_problems

TYPE: Final = "longrun:index:GuardedBucket"
"""The name of the class before it was renamed: another type would give every deployed bucket a new URN."""

NAME_LIMIT: Final = 48
"""With its role and Pulumi's suffix, the name of the bucket stays under S3's 63 characters."""

_UPLOAD_DAYS: Final = 7


class PrivateBucketArgs(TypedDict):
    expiration_days: NotRequired[int]
    """Days after its last write that an object is removed; without it objects stay."""
    retain: NotRequired[bool]
    """Whether bucket and content outlive the stack; default false: destroy empties and removes it."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of the bucket."""


class PrivateBucket(pulumi.ComponentResource):
    """An S3 bucket with public access blocked, encryption at rest, and a policy that denies unencrypted requests."""

    bucket_name: pulumi.Output[str]
    """Name of the bucket."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid("PrivateBucket", name, validate(args), NAME_LIMIT)
        super().__init__(TYPE, name, None, opts)
        retain = args.get("retain", False)
        # The protections are retained with the bucket: without them it would accept unencrypted requests.
        self._child = pulumi.ResourceOptions(parent=self, retain_on_delete=retain)
        bucket = s3.Bucket(f"{name}-bucket", force_destroy=not retain, tags=args.get("tags"), opts=self._child)
        self._block_public_access(name, bucket)
        self._encrypt(name, bucket)
        if "expiration_days" in args:
            self._expire(name, bucket, args["expiration_days"])
        self.bucket_name = bucket.bucket
        self.bucket_arn = bucket.arn
        self.register_outputs({"bucket_name": self.bucket_name, "bucket_arn": self.bucket_arn})

    def _block_public_access(self, name: str, bucket: s3.Bucket) -> None:
        block = s3.BucketPublicAccessBlock(
            f"{name}-public-access",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )
        # S3 answers OperationAborted when policy and public access are set at the same time.
        after = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[block]))
        s3.BucketPolicy(f"{name}-tls-only", bucket=bucket.bucket, policy=bucket.arn.apply(iam.tls_only), opts=after)

    def _encrypt(self, name: str, bucket: s3.Bucket) -> None:
        s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.bucket,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self._child,
        )

    def _expire(self, name: str, bucket: s3.Bucket, days: int) -> None:
        s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.bucket,
            rules=[
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "expiration": {"days": days},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": _UPLOAD_DAYS},
                }
            ],
            opts=self._child,
        )


def validate(args: PrivateBucketArgs) -> list[str]:
    days = args.get("expiration_days", 1)
    return [
        *([] if days >= 1 else [f"expiration_days is {days}; allowed: 1 or more"]),
        *tag_problems(args.get("tags")),
    ]
