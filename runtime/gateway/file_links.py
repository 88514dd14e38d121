"""Presigned URLs of the files of a run, with which a client downloads them without credentials of its own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from runtime.process.aws_clients import minimal_client
from runtime.process.run_files import files_folder

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

VALID_SECONDS: Final = 900
PAGE_SIZE: Final = 10
"""Ten URLs, each with the session token of the gateway's role, fit into one frame."""

_GONE: Final = frozenset({"404", "NoSuchKey", "NotFound"})


@dataclass(frozen=True, slots=True)
class FilePage:
    """Files by name, each with `name`, `bytes`, `content_type` and `url`; `more`: others follow."""

    files: list[dict[str, Any]]
    more: bool


class FileLinks:
    """Lists the files of runs. The client is made at the first list: few gateways need one."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client

    def page(self, run_id: str, after: str | None) -> FilePage:
        """The next files after the name `after`, at most ten. Raises botocore's errors."""
        folder = files_folder(run_id)
        listed = self._s3().list_objects_v2(
            Bucket=self._bucket, Prefix=folder, StartAfter=f"{folder}{after or ''}", MaxKeys=PAGE_SIZE
        )
        keys = [item["Key"] for item in listed.get("Contents", ())]
        found = [self._described(key, key.removeprefix(folder)) for key in keys]
        return FilePage([file for file in found if file is not None], listed["IsTruncated"])

    def _described(self, key: str, name: str) -> dict[str, Any] | None:
        """None for a file that was deleted since."""
        location = {"Bucket": self._bucket, "Key": key}
        try:
            stored = self._s3().head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise
        url = self._s3().generate_presigned_url("get_object", Params=location, ExpiresIn=VALID_SECONDS)
        return {"name": name, "bytes": stored["ContentLength"], "content_type": stored["ContentType"], "url": url}

    def _s3(self) -> "S3Client":
        if self._client is None:
            # The older signature, the default for presigned URLs, is rejected by newer Regions.
            self._client = minimal_client("s3", attempts=3, connect_timeout=2, read_timeout=5, signature_version="s3v4")
        return self._client
