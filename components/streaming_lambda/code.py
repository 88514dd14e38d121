"""Where Lambda takes a function's code from: the zip in the call itself, or S3 when it is too large for that."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi_aws import s3

from components.guarded_bucket import GuardedBucket
from components.streaming_lambda.scope import Scope
from policies.rules.aws_limits import LAMBDA_ZIP_DIRECT_UPLOAD


@dataclass(frozen=True, slots=True)
class Code:
    """A zip, and the object that holds it when it goes through S3."""

    zip_path: str
    stored: s3.BucketObjectv2 | None

    def arguments(self) -> dict[str, Any]:
        """The arguments of lambda.Function that name the code."""
        if self.stored is None:
            return {"code": pulumi.FileArchive(self.zip_path)}
        return {"s3_bucket": self.stored.bucket, "s3_key": self.stored.key}


def create_codes(scope: Scope, packages: Mapping[str, str]) -> dict[str, Code]:
    """The code of each package. The bucket is made when the first of them needs it."""
    large = {role for role, path in packages.items() if needs_bucket(path)}
    bucket = GuardedBucket(scope.child("code"), {"tags": scope.tags}, scope.opts) if large else None
    return {
        role: Code(path, _store(scope, role, path, bucket) if bucket and role in large else None)
        for role, path in packages.items()
    }


def needs_bucket(zip_path: str) -> bool:
    return not LAMBDA_ZIP_DIRECT_UPLOAD.allows(Path(zip_path).stat().st_size)


def _store(scope: Scope, role: str, zip_path: str, bucket: GuardedBucket) -> s3.BucketObjectv2:
    # The key names the content: new code is a new object, and the function that names it is updated.
    with Path(zip_path).open("rb") as package:
        digest = hashlib.file_digest(package, "sha256").hexdigest()
    return s3.BucketObjectv2(
        scope.child(f"{role}-code"),
        bucket=bucket.bucket_name,
        key=f"{role}/{digest}.zip",
        source=pulumi.FileAsset(zip_path),
        content_type="application/zip",
        opts=scope.opts,
    )
