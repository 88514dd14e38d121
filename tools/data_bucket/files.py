"""The files of the data bucket on this machine, downloaded once per version."""

import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.tables.names import RESERVED

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TABLE_SUFFIXES: Final = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")
"""The ends of the names of files that are tables."""

_NOTES_BYTES: Final = 8_192


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of the bucket, as S3 lists it; the ETag changes with the content. `size` is in bytes."""

    key: str
    etag: str
    size: int = 0


class DataFiles:
    """Reads one bucket. Blocks; safe to use from several threads."""

    def __init__(self, s3: "S3Client", bucket: str, folder: Path | None = None) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._folder = folder or Path(tempfile.gettempdir()) / "longrun-data"

    def list_files(self) -> tuple[DataFile, ...]:
        """All files of the bucket in key order; none if the stack has no bucket."""
        if not self._bucket:
            return ()
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
        items = (item for page in pages for item in page.get("Contents", ()))
        return tuple(DataFile(item["Key"], item["ETag"], item["Size"]) for item in items)

    def path(self, file: DataFile) -> Path:
        """The path of the content on disk; downloads the file if it is not there yet."""
        digest = sha256(f"{self._bucket}\n{file.key}\n{file.etag}".encode()).hexdigest()
        path = self._folder / f"{digest[:32]}{Path(file.key).suffix}"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            # Renamed when complete: another process on this machine may read the same file.
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as partial:
                for chunk in self._content(file):
                    partial.write(chunk)
            Path(partial.name).replace(path)
        return path

    def notes(self, listed: tuple[DataFile, ...]) -> str:
        """The first 8 KiB of the bucket's README.md; empty if there is none."""
        readme = next((file for file in listed if file.key.lower() == "readme.md"), None)
        if readme is None:
            return ""
        return self.path(readme).read_bytes()[:_NOTES_BYTES].decode("utf-8", errors="replace")

    def _content(self, file: DataFile) -> Iterator[bytes]:
        # The version that was listed, not one that was uploaded since.
        body = self._s3.get_object(Bucket=self._bucket, Key=file.key, IfMatch=file.etag)["Body"]
        yield from body.iter_chunks()


def by_table(listed: Iterable[DataFile], *suffixes: str) -> dict[str, DataFile]:
    """The files with one of these suffixes (".csv"), by table name; a name that is taken gets a number.
    Names are in lower case, so no two differ in case only."""
    tables: dict[str, DataFile] = {}
    for file in listed:
        if _suffix(file.key) in suffixes:
            name = unique = table_name(file.key)
            number = 2
            while unique in tables:
                unique = f"{name}_{number}"
                number += 1
            tables[unique] = file
    return tables


def table_name(key: str) -> str:
    """The table name for a file, which SQL takes without quotes: `Sales 2024.csv` becomes `sales_2024`, and `order.csv`
    becomes `t_order`."""
    name = re.sub(r"\W+", "_", _without_suffix(key.lower())).strip("_")
    return f"t_{name}" if not name or not (name[0].isalpha() or name[0] == "_") or name in RESERVED else name


def _suffix(key: str) -> str:
    """The suffix of a table's file in lower case; empty for other files."""
    return next((suffix for suffix in TABLE_SUFFIXES if key.lower().endswith(suffix)), "")


def _without_suffix(key: str) -> str:
    return key.removesuffix(_suffix(key))
