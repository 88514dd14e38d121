"""The agents' data: the files of one folder in a private bucket."""

import hashlib
from pathlib import Path
from typing import Final, NotRequired, TypedDict

import pulumi
from pulumi_aws import s3

from components import iam
from components.private_bucket import PrivateBucket
from components.validation import require_valid, tag_problems

FILES_LIMIT: Final = 1_000
"""Each file is a resource of the stack: beyond this an upload by other means is the better way."""

CONTENT_TYPES: Final = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".txt": "text/plain",
}
"""A table of our own: the machine's would make a deployment differ from one machine to the next."""


class DataBucketArgs(TypedDict):
    path: str
    """Folder whose files, hidden ones apart, are uploaded under their path in it."""
    retain: NotRequired[bool]
    """Whether bucket and files outlive the stack; default false."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of the bucket. Its objects have none: S3 takes ten an object at most and bills each."""


class DataBucket(pulumi.ComponentResource):
    """A private, encrypted bucket with one object for each file of a folder."""

    bucket_name: pulumi.Output[str]
    """Name of the bucket."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""
    read_policy: pulumi.Output[str]
    """IAM document (JSON) for who reads the files."""

    def __init__(self, name: str, args: DataBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        folder = Path(args["path"])
        require_valid("DataBucket", name, [*_folder_problems(folder), *tag_problems(args.get("tags"))])
        super().__init__("longrun:index:DataBucket", name, None, opts)
        retain = args.get("retain", False)
        bucket = PrivateBucket(
            f"{name}-files", {"retain": retain, "tags": args.get("tags", {})}, pulumi.ResourceOptions(parent=self)
        )
        for file in files_of(folder):
            self._upload(name, bucket, folder, file, retain)
        self.bucket_name = bucket.bucket_name
        self.bucket_arn = bucket.bucket_arn
        self.read_policy = bucket.bucket_arn.apply(lambda arn: iam.document(iam.read_files(arn)))
        self.register_outputs(
            {"bucket_name": self.bucket_name, "bucket_arn": self.bucket_arn, "read_policy": self.read_policy}
        )

    def _upload(self, name: str, bucket: PrivateBucket, folder: Path, file: Path, retain: bool) -> None:
        key = file.relative_to(folder).as_posix()
        s3.BucketObjectv2(
            f"{name}-file-{key}",
            bucket=bucket.bucket_name,
            key=key,
            source=pulumi.FileAsset(str(file)),
            source_hash=hashlib.sha256(file.read_bytes()).hexdigest(),
            content_type=CONTENT_TYPES.get(file.suffix.lower(), "application/octet-stream"),
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=retain),
        )


def files_of(folder: Path) -> list[Path]:
    """The files that are uploaded, in a stable order; hidden files and folders are left out."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def _folder_problems(folder: Path) -> list[str]:
    if not folder.is_dir():
        return [f"path is {str(folder)!r}, which is not a folder; give the folder that holds the agents' data"]
    count = len(files_of(folder))
    if count > FILES_LIMIT:
        return [f"path is {str(folder)!r} with {count:,} files; allowed: {FILES_LIMIT:,}"]
    return []
