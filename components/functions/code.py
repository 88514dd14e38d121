"""Where AWS takes code from: the zip in the call itself, or S3 when it is too large for that."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi_aws import s3

from components.functions.platform import Platform
from components.functions.scope import Scope
from components.private_bucket import PrivateBucket
from policies.rules.aws_limits import LAMBDA_ZIP_DIRECT_UPLOAD


@dataclass(frozen=True, slots=True)
class Code:
    """A zip, what it was built for, and the object that holds it when it goes through S3."""

    zip_path: str
    platform: Platform
    stored: s3.BucketObjectv2 | None

    def arguments(self) -> dict[str, Any]:
        """The arguments of lambda.Function that name the code and what it runs on."""
        runs_on = {"runtime": self.platform.runtime, "architectures": [self.platform.architecture]}
        if self.stored is None:
            return {**runs_on, "code": pulumi.FileArchive(self.zip_path)}
        return {**runs_on, "s3_bucket": self.stored.bucket, "s3_key": self.stored.key}


def create_codes(scope: Scope, packages: Mapping[str, str], platform: Platform) -> dict[str, Code]:
    """The code of each package. The bucket is made when the first of them needs it."""
    large = {role for role, path in packages.items() if needs_s3(Path(path).stat().st_size)}
    bucket = create_code_bucket(scope) if large else None
    return {
        role: Code(path, platform, store_code(scope, role, path, bucket) if bucket and role in large else None)
        for role, path in packages.items()
    }


def needs_s3(zip_bytes: int) -> bool:
    """Whether Lambda takes a zip of this size from S3 only."""
    return not LAMBDA_ZIP_DIRECT_UPLOAD.allows(zip_bytes)


def create_code_bucket(scope: Scope) -> PrivateBucket:
    return PrivateBucket(scope.child("code"), {"tags": dict(scope.tags)}, scope.opts)


def store_code(scope: Scope, role: str, zip_path: str, bucket: PrivateBucket) -> s3.BucketObjectv2:
    """The zip as an object whose key names its content: new code is a new object, and what names it is updated."""
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
