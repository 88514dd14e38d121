"""Items of the table as earlier builds wrote them: `earlier_items.json` holds five runs of the build that had no
contract/, with the heads and events that the same build read back."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import Event, EventType, Status
from runtime.journal import Head, Journal, NewRun, RunWriter

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.runtime.journal_table import Clock

pytestmark = pytest.mark.dynamodb

EARLIER = json.loads((Path(__file__).parent / "earlier_items.json").read_text())
RUNS: dict[str, dict[str, Any]] = EARLIER["runs"]
CONTENT = "x" * 310_000
"""Of the tool's result that is in the payload store."""


@pytest.fixture
def journal(
    dynamodb: "DynamoDBClient",
    payload_bodies: dict[str, bytes],
    clock: "Clock",
    journal_over: Callable[["DynamoDBClient"], Journal],
) -> Iterator[Journal]:
    """A journal whose table holds the items, at the moment at which the last was written."""
    clock.advance(EARLIER["now"] - clock())
    for item in EARLIER["items"]:
        dynamodb.put_item(TableName="journal", Item=item)
    (key,) = EARLIER["payload_keys"]
    payload_bodies[key] = json.dumps({"tool_use_id": "t1", "status": "success", "content": CONTENT}).encode()
    yield journal_over(dynamodb)
    for key in _keys(dynamodb):
        dynamodb.delete_item(TableName="journal", Key=key)


def _keys(dynamodb: "DynamoDBClient") -> list[Any]:
    found = []
    for partition in {item["pk"]["S"] for item in EARLIER["items"]}:
        page = dynamodb.query(
            TableName="journal",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ProjectionExpression="pk, sk",
        )
        found += page["Items"]
    return found


def _run_id(name: str) -> str:
    return str(RUNS[name]["head"]["run_id"])


def _as_stored(head: Head) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(head)))
    return stored


def _as_read(event: Event) -> dict[str, Any]:
    wire = event.to_wire()
    if wire["data"].get("content") == CONTENT:
        wire["data"]["content"] = f"{len(CONTENT)} characters"
    return wire


@pytest.mark.parametrize("name", RUNS)
def test_heads_and_events_are_read_as_the_build_before_read_them(journal: Journal, name: str) -> None:
    later = {"claimed_at": 0.0, "answers": [], "open_questions": 0, "delivery_until": 0.0, "run_seconds": 0.0}
    later |= {"paused_epoch": 0}
    later |= {"behind": "", "next_run": "", "messages": 0, "steered": 0}
    assert _as_stored(journal.head(_run_id(name))) == {**RUNS[name]["head"], **later}, "not stored then"
    assert [_as_read(event) for event in journal.read(_run_id(name))] == RUNS[name]["events"]


def test_owners_sessions_and_connections_are_found(journal: Journal) -> None:
    ann = "arn:aws:iam::123456789012:user/ann"

    assert journal.connections.owner("c1=") == ann
    assert [head.run_id for head in journal.runs(ann)] == [_run_id("queued"), _run_id("done")]
    with pytest.raises(RunError) as active:
        journal.accept(NewRun("0199a1b2-0000-7000-8000-00000000000a", "session-1", ann, "a", "Next?", None, 2e9))
    assert (active.value.code, active.value.run_id) == (ErrorCode.CONFLICT, _run_id("queued"))


def test_a_live_run_is_continued_after_its_last_event(journal: Journal) -> None:
    head, newest = journal.latest(_run_id("live"))
    writer = RunWriter(journal, head, newest.seq)

    (event,) = writer.append(EventType.TEXT, {"text": "Because."})
    writer.finish(EventType.RUN_CANCELLED, {}, {})

    assert event.seq == newest.seq + 1
    assert journal.head(head.run_id).status is Status.CANCELLED


def test_the_next_step_of_a_background_run_is_claimed(journal: Journal) -> None:
    head, seq = journal.claim_step(_run_id("background"), 2)

    assert (head.step, head.step_done, head.epoch) == (2, 1, 2)
    assert seq == len(RUNS["background"]["events"])
    assert head.subscribers == {"c4=": 4}


def test_a_lost_step_stays_lost(journal: Journal) -> None:
    with pytest.raises(RunError):
        journal.claim_step(_run_id("lost"), 1)
