"""The two buckets of a stack, for the tools that read them."""

from typing import Any, cast

import pytest

from runtime.process.run_files import RunFiles
from tests.runtime.stage import MemoryBucket
from tests.tools.file_bucket import FileBucket, shipped_data


@pytest.fixture
def data_bucket() -> FileBucket:
    """The data set that the project ships."""
    return shipped_data()


@pytest.fixture
def run_files() -> RunFiles:
    """The files of one run, in memory."""
    return RunFiles("payloads", cast(Any, MemoryBucket()), "run")
