"""An endpoint for each test."""

import pytest

from tests.runtime.http.streaming.endpoint import Endpoint, memory_endpoint


@pytest.fixture
def endpoint() -> Endpoint:
    return memory_endpoint()
