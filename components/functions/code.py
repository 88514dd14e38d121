"""Uploads code: in the call that creates a function, or through S3 if the zip is too large for that."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi_aws import s3

from components.build_context import BuildContext, TaggedArgs
from components.private_bucket import PrivateBucket
from components.refs import CodeRef, ImageRef
from policies.rules.aws_limits import LAMBDA_ZIP_DIRECT_UPLOAD


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """A zip for functions. `uploaded` is its object if it goes through S3."""

    ref: CodeRef
    uploaded: s3.BucketObjectv2 | None

    def arguments(self) -> dict[str, Any]:
        """The arguments of lambda.Function that name the code and its platform."""
        platform = {"runtime": self.ref["runtime"], "architectures": [self.ref["architecture"]]}
        if self.uploaded is None:
            return {**platform, "code": pulumi.FileArchive(self.ref["path"])}
        return {**platform, "s3_bucket": self.uploaded.bucket, "s3_key": self.uploaded.key}


@dataclass(frozen=True, slots=True)
class ImageCode:
    """An image for a function."""

    ref: ImageRef

    def arguments(self) -> dict[str, Any]:
        """As FunctionCode.arguments; what starts is the image's own where the reference does not state it."""
        ref = self.ref
        image = {"package_type": "Image", "image_uri": ref["uri"], "architectures": [ref["architecture"]]}
        if not ref.get("entry_point"):
            return image
        stated = {
            "entry_points": ref["entry_point"],
            "commands": ref["command"],
            "working_directory": ref["working_directory"],
        }
        return {**image, "image_config": stated}


def upload_code(context: BuildContext[TaggedArgs], packages: Mapping[str, CodeRef]) -> dict[str, FunctionCode]:
    """The code of each package. The bucket is created only if a zip needs it."""
    large = {role for role, ref in packages.items() if needs_s3(Path(ref["path"]).stat().st_size)}
    bucket = create_code_bucket(context) if large else None
    return {
        role: FunctionCode(ref, upload_zip(context, role, ref["path"], bucket) if bucket and role in large else None)
        for role, ref in packages.items()
    }


def needs_s3(zip_bytes: int) -> bool:
    """Whether Lambda accepts a zip of this size only from S3."""
    return not LAMBDA_ZIP_DIRECT_UPLOAD.allows(zip_bytes)


def create_code_bucket(context: BuildContext[TaggedArgs]) -> PrivateBucket:
    return PrivateBucket(context.child("code"), {"tags": dict(context.tags)}, context.opts)


def upload_zip(context: BuildContext[TaggedArgs], role: str, zip_path: str, bucket: PrivateBucket) -> s3.BucketObjectv2:
    """The zip as an object whose key contains its hash, so that changed code updates everything that uses it."""
    with Path(zip_path).open("rb") as package:
        digest = hashlib.file_digest(package, "sha256").hexdigest()
    return s3.BucketObjectv2(
        context.child(f"{role}-code"),
        bucket=bucket.bucket_name,
        key=f"{role}/{digest}.zip",
        source=pulumi.FileAsset(zip_path),
        content_type="application/zip",
        opts=context.opts,
    )
