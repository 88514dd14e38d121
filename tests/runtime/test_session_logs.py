from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from runtime.environment import RuntimeAddress
from runtime.session_logs import SessionLogs

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
ADDRESS = RuntimeAddress("arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/analysts-AbC", "live", ("a",))
EXPECTED = {
    "logGroupName": "/aws/bedrock-agentcore/runtimes/analysts-AbC-live",
    "filterPattern": f'"{RUN_ID}"',
    "startTime": 880_000,
    "endTime": 1_010_000,
    "limit": 1_000,
    "startFromHead": False,
}


class Watch:
    """Session logs over a stubbed client, ten seconds after the last sign of life."""

    def __init__(self) -> None:
        client = boto3.client("logs", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        self.stub = Stubber(client)
        self.logs = SessionLogs(client, clock=lambda: 1_010.0)

    def lines(self) -> list[str]:
        return self.logs.last_lines(ADDRESS, RUN_ID, 1_000.0)


@pytest.fixture
def watch() -> Iterator[Watch]:
    made = Watch()
    with made.stub:
        yield made
    made.stub.assert_no_pending_responses()


def test_lines_about_the_session_since_shortly_before_its_last_sign_are_told_in_order(watch: Watch) -> None:
    events: list[dict[str, Any]] = [{"timestamp": 3, "message": "last"}, {"timestamp": 1, "message": "first"}]
    watch.stub.add_response("filter_log_events", {"events": events}, EXPECTED)

    assert watch.lines() == ["first", "last"]


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "ThrottlingException"])
def test_a_log_that_cannot_be_read_keeps_no_run_from_its_end(watch: Watch, code: str) -> None:
    watch.stub.add_client_error("filter_log_events", code, expected_params=EXPECTED)

    assert watch.lines() == []
