"""The agents' data: the files of one folder in a private bucket."""

import hashlib
from pathlib import Path
from typing import Final, NotRequired, TypedDict

import pulumi
from pulumi_aws import s3

from components.build_context import BuildContext
from components.private_bucket import PrivateBucket, PrivateBucketArgs
from components.refs import DataRef
from components.tags import tag_problems
from components.validation import form_problems, require_valid

FILES_LIMIT: Final = 1_000
"""Each file is a resource of the stack: more files are better uploaded by other means."""

CONTENT_TYPES: Final = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".txt": "text/plain",
}
"""A fixed table: that of the machine would make deployments differ between machines."""


class DataBucketArgs(TypedDict):
    path: str
    """Folder whose files, except hidden ones, are uploaded under their relative paths."""
    retain: NotRequired[bool]
    """Whether bucket and files outlive the stack; default false."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of the bucket. Its objects have none: S3 allows at most ten per object and bills each."""


class DataBucket(pulumi.ComponentResource):
    """A private, encrypted bucket with one object for each file of a folder."""

    bucket_name: pulumi.Output[str]
    """Name of the bucket."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(self, name: str, args: DataBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid("DataBucket", name, form_problems(args, DataBucketArgs) or validate(args))
        super().__init__("longrun:index:DataBucket", name, None, opts)
        context = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        retention: PrivateBucketArgs = {"retain": args.get("retain", False), "tags": args.get("tags", {})}
        bucket = PrivateBucket(context.child("files"), retention, context.opts)
        for file in files_of(Path(args["path"])):
            _upload(context, bucket, file)
        self.bucket_name = bucket.bucket_name
        self.bucket_arn = bucket.bucket_arn
        self.register_outputs({"bucket_name": self.bucket_name, "bucket_arn": self.bucket_arn})

    @property
    def ref(self) -> DataRef:
        return {"bucket_name": self.bucket_name, "bucket_arn": self.bucket_arn}


def validate(args: DataBucketArgs) -> list[str]:
    """One message for each argument that AWS would reject later."""
    return [*_folder_problems(Path(args["path"])), *tag_problems(args.get("tags"))]


def files_of(folder: Path) -> list[Path]:
    """The files to upload, in a stable order, without hidden files and folders."""
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


def _upload(context: BuildContext[DataBucketArgs], bucket: PrivateBucket, file: Path) -> None:
    key = file.relative_to(context.args["path"]).as_posix()
    s3.BucketObjectv2(
        context.child(f"file-{key}"),
        bucket=bucket.bucket_name,
        key=key,
        source=pulumi.FileAsset(str(file)),
        source_hash=hashlib.sha256(file.read_bytes()).hexdigest(),
        content_type=CONTENT_TYPES.get(file.suffix.lower(), "application/octet-stream"),
        opts=context.retained(context.args.get("retain", False)),
    )
