"""Addresses under which a client can fetch what a run made, for a while and without keys of its own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from runtime.aws_clients import lean_client
from runtime.run_files import files_folder

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

VALID_SECONDS: Final = 900
PAGE_SIZE: Final = 10
"""Ten addresses, each with the token of the gateway's role in it, fit one frame."""

_GONE: Final = frozenset({"404", "NoSuchKey", "NotFound"})


@dataclass(frozen=True, slots=True)
class FilePage:
    """Files by name, each with `name`, `bytes`, `content_type` and `url`; `more`: others follow the last one."""

    files: list[dict[str, Any]]
    more: bool


class FileLinks:
    """Lists the files of runs. The client is made at the first list: few gateways are asked for one."""

    def __init__(self, bucket: str, client: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._client = client

    def page(self, run_id: str, after: str | None) -> FilePage:
        """The next files behind the name `after`, at most ten. Raises botocore's errors."""
        folder = files_folder(run_id)
        listed = self._s3().list_objects_v2(
            Bucket=self._bucket, Prefix=folder, StartAfter=f"{folder}{after or ''}", MaxKeys=PAGE_SIZE
        )
        keys = [item["Key"] for item in listed.get("Contents", ())]
        found = [self._described(key, key.removeprefix(folder)) for key in keys]
        return FilePage([file for file in found if file is not None], listed["IsTruncated"])

    def _described(self, key: str, name: str) -> dict[str, Any] | None:
        """None for a file that is gone again."""
        place = {"Bucket": self._bucket, "Key": key}
        try:
            kept = self._s3().head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise
        url = self._s3().generate_presigned_url("get_object", Params=place, ExpiresIn=VALID_SECONDS)
        return {"name": name, "bytes": kept["ContentLength"], "content_type": kept["ContentType"], "url": url}

    def _s3(self) -> "S3Client":
        if self._client is None:
            # The older signature, which is the default for addresses, is refused by newer Regions.
            self._client = lean_client("s3", attempts=3, connect_timeout=2, read_timeout=5, signature_version="s3v4")
        return self._client
