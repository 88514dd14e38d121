"""The functions of the workflow over DynamoDB Local."""

from collections.abc import Iterator

import pytest

from runtime.delivery.connections import Connections
from runtime.journal import Journal
from tests.runtime.journal_table import Clock
from tests.runtime.react_stage import ReactStage


@pytest.fixture
def react(journal: Journal, connections: Connections, clock: Clock) -> Iterator[ReactStage]:
    made = ReactStage(journal, connections, clock)
    yield made
    made.close()
