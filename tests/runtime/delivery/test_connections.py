from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from runtime.delivery.connections import Connections, NotDeliveredError

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

    with pytest.raises(NotDeliveredError, match="connection c1 was not delivered: API Gateway returned 429 5 times"):
        door.connections.post("c1", b"frame")
    assert sum(door.pauses) < 1


def test_another_refusal_does_not_count_as_gone(door: Door) -> None:
    door.answers("ForbiddenException")

    with pytest.raises(NotDeliveredError, match="ForbiddenException"):
        door.connections.post("c1", b"frame")


class _Unavailable(BaseHTTPRequestHandler):
    paths: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.paths.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_error(503)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        pass


def test_the_callback_url_is_called_once_because_a_stream_cannot_wait_for_botocores_retries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Unavailable) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            with pytest.raises(NotDeliveredError, match="503"):
                Connections.create(f"http://127.0.0.1:{server.server_port}/api/live").post("c1", b"frame")
        finally:
            server.shutdown()
            thread.join()

    assert _Unavailable.paths == ["/api/live/@connections/c1"]
