"""The files that a run makes for its user: reports, plots and results, in the payload bucket by name."""

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_FILE_BYTES: Final = 25 * 1024 * 1024
MAX_NAME_LENGTH: Final = 200

_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


class RunFileError(ValueError):
    """A file that cannot be stored or does not exist; the message names it and what to do."""


class RunFiles:
    """One run's files. Calls block; they are safe from several threads, and raise botocore's errors where the bucket
    does not respond."""

    def __init__(self, bucket: str, s3: "S3Client", run_id: str) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._folder = files_folder(run_id)

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Store at most 25 MB under that name, replacing what was there. Raises RunFileError."""
        key = self._key(name)
        if len(body) > MAX_FILE_BYTES:
            message = (
                f"file {name} has {len(body):,} bytes and may have {MAX_FILE_BYTES:,}: make it smaller or split it"
            )
            raise RunFileError(message)
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def get(self, name: str) -> bytes:
        """The content stored under that name. Raises RunFileError where there is none."""
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            raise RunFileError(f"this run has no file {name}: take one of {self.list()}") from None

    def list(self) -> list[str]:
        """The names of all files that the run has made so far, sorted."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._folder)
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        return sorted(key.removeprefix(self._folder) for key in keys)

    def _key(self, name: str) -> str:
        if len(name) > MAX_NAME_LENGTH or not _NAME.fullmatch(name):
            raise RunFileError(
                f"{name!r} is no name for a run's file: use letters, digits, '_', '-' and '.', '/' between folders, no"
                f" part that begins with '.', and {MAX_NAME_LENGTH} characters at most"
            )
        return self._folder + name


def files_folder(run_id: str) -> str:
    """The prefix of the keys of a run's files."""
    return f"runs/{run_id}/files/"
