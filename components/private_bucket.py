"""A private bucket: public access blocked, encrypted at rest, TLS only."""

from typing import Final, NotRequired, TypedDict

import pulumi
from pulumi_aws import s3

from components import iam
from components.build_context import BuildContext
from components.tags import tag_problems
from components.validation import form_problems, require_valid

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


BucketContext = BuildContext[PrivateBucketArgs]


class PrivateBucket(pulumi.ComponentResource):
    """An S3 bucket with public access blocked, encryption at rest, and a policy that denies unencrypted requests."""

    bucket_name: pulumi.Output[str]
    """Name of the bucket."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid("PrivateBucket", name, form_problems(args, PrivateBucketArgs) or validate(args), NAME_LIMIT)
        super().__init__(TYPE, name, None, opts)
        context = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        bucket = _create_bucket(context)
        _block_public_access(context, bucket)
        _encrypt(context, bucket)
        if "expiration_days" in args:
            _expire(context, bucket, args["expiration_days"])
        self.bucket_name = bucket.bucket
        self.bucket_arn = bucket.arn
        self.register_outputs({"bucket_name": self.bucket_name, "bucket_arn": self.bucket_arn})


def validate(args: PrivateBucketArgs) -> list[str]:
    """One message for each argument that AWS would reject later."""
    days = args.get("expiration_days", 1)
    return [
        *([] if days >= 1 else [f"expiration_days is {days}; allowed: 1 or more"]),
        *tag_problems(args.get("tags")),
    ]


def _options(context: BucketContext) -> pulumi.ResourceOptions:
    """The protections are retained with the bucket: without them it would accept unencrypted requests."""
    return context.retained(context.args.get("retain", False))


def _create_bucket(context: BucketContext) -> s3.Bucket:
    return s3.Bucket(
        context.child("bucket"),
        force_destroy=not context.args.get("retain", False),
        tags=context.args.get("tags"),
        opts=_options(context),
    )


def _block_public_access(context: BucketContext, bucket: s3.Bucket) -> None:
    block = s3.BucketPublicAccessBlock(
        context.child("public-access"),
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=_options(context),
    )
    # S3 answers OperationAborted when policy and public access are set at the same time.
    after = pulumi.ResourceOptions.merge(_options(context), pulumi.ResourceOptions(depends_on=[block]))
    s3.BucketPolicy(context.child("tls-only"), bucket=bucket.bucket, policy=bucket.arn.apply(iam.tls_only), opts=after)


def _encrypt(context: BucketContext, bucket: s3.Bucket) -> None:
    s3.BucketServerSideEncryptionConfiguration(
        context.child("encryption"),
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        opts=_options(context),
    )


def _expire(context: BucketContext, bucket: s3.Bucket, days: int) -> None:
    s3.BucketLifecycleConfiguration(
        context.child("lifecycle"),
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
        opts=_options(context),
    )
