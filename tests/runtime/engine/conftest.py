"""Stages over DynamoDB Local."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from runtime.delivery.connections import Connections
from runtime.journal import Journal
from tests.runtime.journal_table import TABLE, Clock, MemoryPayloads
from tests.runtime.table_stage import TableStage, TableSteps

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table_stage(dynamodb: "DynamoDBClient", connections: Connections, clock: Clock) -> Iterator[TableStage]:
    made = TableStage(Journal(TABLE, dynamodb, MemoryPayloads({}), 30, clock), connections)
    yield made
    made.threads.close()


@pytest.fixture
def steps(table_stage: TableStage) -> TableSteps:
    return TableSteps(table_stage)
