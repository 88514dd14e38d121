from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from runtime.connections import Connections, NotDeliveredError

URL = "https://abc.execute-api.us-east-1.amazonaws.com/live"
EXPECTED = {"ConnectionId": "c1", "Data": b"frame"}


class Door:
    """Connections over a stubbed client; `pauses` are the waits it asked for."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        client = boto3.client(
            "apigatewaymanagementapi",
            region_name="us-east-1",
            endpoint_url=URL,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.stub = Stubber(client)
        self.connections = Connections(client, sleep=self.pauses.append)

    def answers(self, *codes: str) -> None:
        for code in codes:
            if code == "ok":
                self.stub.add_response("post_to_connection", {}, EXPECTED)
            else:
                self.stub.add_client_error("post_to_connection", code, expected_params=EXPECTED)


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    with door.stub:
        yield door
    door.stub.assert_no_pending_responses()


def test_a_frame_is_posted_to_the_connection(door: Door) -> None:
    door.answers("ok")

    assert door.connections.post("c1", b"frame") is True


def test_a_connection_that_is_gone_is_reported_not_raised(door: Door) -> None:
    door.answers("GoneException")

    assert door.connections.post("c1", b"frame") is False


def test_a_throttled_post_is_tried_again_after_a_short_pause(door: Door) -> None:
    door.answers("LimitExceededException", "LimitExceededException", "ok")

    assert door.connections.post("c1", b"frame") is True
    assert door.pauses == [0.05, 0.1]


def test_a_post_that_stays_throttled_is_given_up_after_five_attempts(door: Door) -> None:
    door.answers(*["LimitExceededException"] * 5)

    with pytest.raises(NotDeliveredError, match="connection c1 was not delivered: API Gateway answered 429 5 times"):
        door.connections.post("c1", b"frame")
    assert sum(door.pauses) < 1


def test_another_refusal_does_not_count_as_gone(door: Door) -> None:
    door.answers("ForbiddenException")

    with pytest.raises(NotDeliveredError, match="ForbiddenException"):
        door.connections.post("c1", b"frame")


def test_the_client_calls_the_callback_url_and_is_not_retried_by_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    client = Connections.create(URL, pool_size=37)._client  # noqa: SLF001  what create configures is not seen elsewhere

    assert client.meta.endpoint_url == URL
    assert client.meta.config.max_pool_connections == 37
    assert client.meta.config.retries["total_max_attempts"] == 1
