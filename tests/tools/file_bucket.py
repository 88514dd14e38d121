"""A bucket of files as S3 serves it, for what reads the data bucket."""

import io
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

DATA = Path(__file__).parents[2] / "data"


class FileBucket:
    """Serves what is in `files`, a few keys a page, and records what was downloaded."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.downloads: list[str] = []

    def get_paginator(self, _: str) -> Any:  # noqa: ANN401  as boto3 types it
        return SimpleNamespace(paginate=self._pages)

    def get_object(self, *, Key: str, IfMatch: str, **_: object) -> dict[str, Any]:  # noqa: N803
        if IfMatch != _etag(self.files[Key]):
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "GetObject")
        self.downloads.append(Key)
        return {"Body": SimpleNamespace(iter_chunks=lambda: iter([io.BytesIO(self.files[Key]).read()]))}

    def _pages(self, **_: object) -> Iterator[dict[str, Any]]:
        for key in sorted(self.files):
            content = self.files[key]
            yield {"Contents": [{"Key": key, "ETag": _etag(content), "Size": len(content)}]}
        yield {}


def _etag(content: bytes) -> str:
    return f'"{md5(content, usedforsecurity=False).hexdigest()}"'


def shipped_data() -> FileBucket:
    """The data set that the project ships."""
    return FileBucket({path.name: path.read_bytes() for path in DATA.iterdir()})
