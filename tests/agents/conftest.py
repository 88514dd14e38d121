"""The data bucket of a stack, for the agents that read it."""

import pytest

from tests.tools.file_bucket import FileBucket, shipped_data


@pytest.fixture
def data_bucket() -> FileBucket:
    """The data set that the project ships."""
    return shipped_data()
