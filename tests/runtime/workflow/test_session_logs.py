from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from runtime.environment import RuntimeAddress
from runtime.workflow.session_logs import SessionLogs

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
ADDRESS = RuntimeAddress("arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/analysts-AbC", "live", ("a",))
GROUP = "/aws/bedrock-agentcore/runtimes/analysts-AbC-live"
NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
TODAY = date(2026, 11, 21)


class Watch:
    """Session logs over a stubbed client, half an hour after midnight."""

    def __init__(self) -> None:
        client = boto3.client("logs", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        self.stub = Stubber(client)
        self.logs = SessionLogs(client, clock=NOW.timestamp)

    def has(self, day: str, *streams: str) -> None:
        asked = {"logGroupName": GROUP, "logStreamNamePrefix": f"{day}/[runtime-logs-{RUN_ID}]", "limit": 3}
        found = {"logStreams": [{"logStreamName": stream} for stream in streams]}
        self.stub.add_response("describe_log_streams", found, asked)

    def holds(self, stream: str, *events: tuple[int, str]) -> None:
        asked = {"logGroupName": GROUP, "logStreamName": stream, "limit": 50, "startFromHead": False}
        found: dict[str, Any] = {"events": [{"timestamp": at, "message": message} for at, message in events]}
        self.stub.add_response("get_log_events", found, asked)

    def lines(self, since: date = TODAY) -> list[str]:
        return self.logs.last_lines(ADDRESS, RUN_ID, since)


@pytest.fixture
def watch() -> Iterator[Watch]:
    made = Watch()
    with made.stub:
        yield made
    made.stub.assert_no_pending_responses()


def test_the_last_lines_of_the_session_are_told_in_order(watch: Watch) -> None:
    watch.has("2026/11/21", "one", "two")
    watch.holds("one", (1, "begun"), (4, "Killed"))
    watch.holds("two", (2, "reading"), (3, "fitting"))

    assert watch.lines() == ["begun", "reading", "fitting", "Killed"]


def test_a_session_that_began_before_midnight_is_found(watch: Watch) -> None:
    watch.has("2026/11/20", "one")
    watch.holds("one", (1, "begun"))
    watch.has("2026/11/21")

    assert watch.lines(date(2026, 11, 20)) == ["begun"]


def test_a_session_without_a_log_has_no_lines(watch: Watch) -> None:
    watch.has("2026/11/21")

    assert watch.lines() == []


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "ThrottlingException"])
def test_a_log_that_cannot_be_read_keeps_no_run_from_its_end(watch: Watch, code: str) -> None:
    watch.stub.add_client_error("describe_log_streams", code)

    assert watch.lines() == []
