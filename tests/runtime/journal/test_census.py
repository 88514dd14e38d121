"""Runs by status and open connections are counted in the table as the journal writes it."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from contract.events import EventType, Status
from runtime.journal import Journal, NewRun
from runtime.journal.census import Census, scan_arguments
from tests.runtime.journal_table import TABLE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def counted(dynamodb: "DynamoDBClient", now: float) -> Census:
    census = Census()
    for page in dynamodb.get_paginator("scan").paginate(**scan_arguments(TABLE, now)):
        census.add(page["Items"])
    return census


def test_each_run_is_counted_once_under_its_status_and_each_connection_until_it_expires(
    dynamodb: "DynamoDBClient", journal: Journal, new_run: Callable[[], NewRun]
) -> None:
    now = time.time()
    before = counted(dynamodb, now)
    queued, running, failed = (new_run() for _ in range(3))
    for run in (queued, running, failed):
        journal.accept(run)
    journal.claim(running.run_id)
    journal.append(running.run_id, EventType.TEXT, {"text": "Hello"})
    journal.close(failed.run_id, EventType.RUN_FAILED, {"error": "no"})
    journal.connections.add(f"connection-{queued.run_id}", "jo")

    found = counted(dynamodb, now)

    added = {status: found.runs[status] - before.runs[status] for status in found.runs}
    once = {Status.QUEUED, Status.RUNNING, Status.FAILED}
    assert added == {status.value: int(status in once) for status in Status}
    assert found.connections - before.connections == 1
    assert counted(dynamodb, now + 4 * 3_600).connections == 0
