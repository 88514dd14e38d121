"""S3's numbers and names."""

from typing import Final

from policies.rules.aws_limits.source import Name, Source

NAMING: Final = Source("https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html")

BUCKET_NAME: Final = Name(63, "[a-z0-9](?!.*\\.\\.)[a-z0-9.-]{1,61}[a-z0-9]", NAMING)
"""3 to 63 lower-case letters, digits, dots and hyphens."""

RESERVED_PREFIXES: Final = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_SUFFIXES: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")

PUBLIC_ACLS: Final = frozenset({"public-read", "public-read-write", "authenticated-read"})
PUBLIC_GROUPS: Final = (
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
)
"""Everyone, and everyone with an AWS account."""

ENCRYPTIONS: Final = ("AES256", "aws:kms", "aws:kms:dsse")
"""Algorithms of a bucket's default encryption; only the latter two take a key."""
