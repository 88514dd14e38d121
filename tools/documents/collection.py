"""The documents of a bucket with their index. Runs share it; it is replaced when the files have changed."""

import functools
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from runtime.environment import DOCUMENT_SEARCH
from runtime.process.logs import log
from tools.data_bucket.files import DataFile, DataFiles
from tools.documents.document import SUFFIXES, Document, read_documents
from tools.documents.duckdb_index import DuckDbIndex
from tools.documents.errors import DocumentError
from tools.documents.index import Index, IndexFactory
from tools.documents.lancedb_index import LanceDbIndex
from tools.documents.passage import Passage, passages_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DUCKDB: Final = "duckdb"
LANCEDB: Final = "lancedb"
INDEXES: Final[Mapping[str, IndexFactory]] = {DUCKDB: DuckDbIndex, LANCEDB: LanceDbIndex}
"""By the value of the variable LONGRUN_DOCUMENT_SEARCH."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents, their passages, and the index, which names passages by their places."""

    documents: Mapping[str, Document]
    unreadable: Mapping[str, str]
    passages: tuple[Passage, ...]
    index: Index


class DocumentSource:
    """The collection over the files of a bucket. Blocks; safe to use from several threads."""

    def __init__(self, files: DataFiles, index: str = DUCKDB) -> None:
        """`index` is a key of INDEXES."""
        self._files = files
        self._index = index
        self._lock = threading.Lock()
        self._loaded: tuple[tuple[DataFile, ...], Collection] | None = None

    def current(self) -> Collection:
        """The collection of the files as they are now. Raises DocumentError."""
        with self._lock:
            try:
                listed = self._files.list_files()
                if self._loaded is None or self._loaded[0] != listed:
                    self._loaded = (listed, self._load(listed))
            except DocumentError:
                raise
            except Exception as error:
                # S3's message names roles and buckets, and the model and the user read a tool's error.
                log("documents.not_read", level="ERROR", exc_info=True)
                raise DocumentError("the documents cannot be read now; the worker's log tells why") from error
            return self._loaded[1]

    def _load(self, listed: tuple[DataFile, ...]) -> Collection:
        found = read_documents(self._files, listed)
        if not found.readable:
            about = "".join(f"; {name}: {reason}" for name, reason in list(found.unreadable.items())[:3])
            kinds = ", ".join(SUFFIXES)
            raise DocumentError(f"the data bucket holds no document ({kinds}) that can be searched{about}")
        if self._index not in INDEXES:
            raise DocumentError(f"the documents cannot be searched by '{self._index}'; allowed: {', '.join(INDEXES)}")
        passages = tuple(
            passage for document in found.readable.values() for passage in passages_of(document.name, document.text)
        )
        index = INDEXES[self._index](passages)
        log("documents.indexed", index=self._index, documents=len(found.readable), passages=len(passages))
        return Collection(found.readable, found.unreadable, passages, index)


@functools.lru_cache(maxsize=1)
def shared_documents(s3: "S3Client", bucket: str) -> DocumentSource:
    """The one source of a bucket in this process: later runs find the documents indexed."""
    return DocumentSource(DataFiles(s3, bucket), os.environ.get(DOCUMENT_SEARCH) or DUCKDB)
