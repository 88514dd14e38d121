"""Frames and messages at API Gateway's quotas, sent to a deployed function over a socket of the emulator."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from contract.sandbox_access import with_secret
from tests.sandbox.clients import client
from tests.sandbox.harness import PATIENCE, Emulator

pytestmark = pytest.mark.sandbox

KB = 1024

ECHO = """
def handler(event, context):
    request = event["requestContext"]
    if request["eventType"] != "MESSAGE":
        return {"statusCode": 200}
    body = event["body"]
    if body == "large":
        return {"statusCode": 200, "body": "ü" * 60_000}
    return {"statusCode": 200, "body": f"{request['routeKey']} {len(body.encode())} {request['connectionId']}"}
"""

PROGRAM = f"""
made = function("counts", {ECHO!r})
api = aws.apigatewayv2.Api("counts-api", protocol_type="WEBSOCKET", route_selection_expression="$request.body.action")
allowed = aws.lambda_.Permission("counts-permission", action="lambda:InvokeFunction", function=made.name,
    principal="apigateway.amazonaws.com", source_arn=api.execution_arn.apply(lambda arn: f"{{arn}}/*/*"))
integration = aws.apigatewayv2.Integration("counts-integration", api_id=api.id, integration_type="AWS_PROXY",
    integration_uri=made.invoke_arn)
target = integration.id.apply(lambda known: f"integrations/{{known}}")
routes = [aws.apigatewayv2.Route(f"counts-{{key}}", api_id=api.id, route_key=key, target=target)
    for key in ("$default", "known")]
stage = aws.apigatewayv2.Stage("counts-stage", api_id=api.id, name="live", auto_deploy=True,
    opts=pulumi.ResourceOptions(depends_on=routes))
pulumi.export("path", pulumi.Output.format("/_aws/execute-api/{{0}}/{{1}}", api.id, stage.name))
"""


@pytest.fixture(scope="module")
def endpoint(emulator: Emulator) -> str:
    return with_secret(
        emulator.state.endpoint + emulator.deploy(PROGRAM, "counts")["path"], emulator.state.secret_access_key
    )


@pytest.fixture
def socket(endpoint: str) -> Iterator[ClientConnection]:
    with opened(endpoint) as ready:
        yield ready


@contextmanager
def opened(endpoint: str) -> Iterator[ClientConnection]:
    with connect(endpoint.replace("http", "ws", 1), open_timeout=PATIENCE) as ready:
        yield ready


def answer(socket: ClientConnection) -> tuple[str, int]:
    """The route and the number of bytes that the function got."""
    route, size, _ = str(socket.recv(timeout=PATIENCE)).split()
    return route, int(size)


def closing(socket: ClientConnection, frames: list[bytes], text: bool) -> tuple[int, str]:
    """Status and reason with which the frames are answered."""
    with suppress(ConnectionClosedError):  # the rest of the frames may be refused before they are sent
        socket.send(frames, text=text)
    with pytest.raises(ConnectionClosedError) as closed:
        socket.recv(timeout=PATIENCE)
    received = closed.value.rcvd
    assert received is not None
    return received.code, received.reason


@pytest.mark.parametrize(
    "frames",
    [
        [b"x" * (32 * KB)],
        [b"x" * (32 * KB)] * 4,
        [b"x" * (32 * KB), b"y"],
        [b"x"] * 200,
        ["é".encode() * (16 * KB)] * 4,
        [b"x" + "é".encode() * (16 * KB - 1) + "é".encode()[:1], "é".encode()[1:] + b"x" * (32 * KB - 1)],
        [b"", b""],
    ],
    ids=["one", "four", "two", "many", "characters", "a character in two frames", "empty"],
)
def test_a_message_within_the_quotas_arrives_whole(socket: ClientConnection, frames: list[bytes]) -> None:
    socket.send(frames, text=True)

    assert answer(socket) == ("$default", sum(map(len, frames)))


@pytest.mark.parametrize(
    "frames",
    [
        [b"x" * (32 * KB + 1)],
        [b"x" * (100 * KB)],
        [b"x" * (128 * KB)],
        [b"x" * (5 * KB * KB)],
        [b"small", b"x" * (32 * KB + 1)],
        [b"x" * (32 * KB)] * 4 + [b"y"],
        [b"x" * KB] * 129,
    ],
    ids=["one byte", "100 KB", "128 KB", "5 MB", "the second", "five", "many"],
)
@pytest.mark.parametrize("text", [True, False], ids=["text", "binary"])
def test_a_larger_frame_or_message_closes_the_connection_with_1009(
    socket: ClientConnection, frames: list[bytes], text: bool
) -> None:
    status, reason = closing(socket, frames, text=text)

    assert status == 1009
    assert "32 KB" in reason


def test_a_message_counts_for_itself(socket: ClientConnection) -> None:
    for _ in range(3):
        socket.send([b"x" * (32 * KB)] * 4, text=True)
        socket.ping()
        assert answer(socket) == ("$default", 128 * KB)


def test_a_frame_that_is_no_text_closes_the_connection_with_its_status(socket: ClientConnection) -> None:
    assert closing(socket, [b"\xff\xfe"], text=True)[0] == 1007


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"action":', '[{"a":[{"b":'])
@pytest.mark.parametrize("levels", [2_000, 6_000, 25_000])
def test_a_frame_nested_far_too_deep_takes_the_default_route_and_leaves_the_connection_open(
    socket: ClientConnection, opening: str, levels: int
) -> None:
    text = (opening * levels)[: 32 * KB]

    socket.send(text)
    assert answer(socket) == ("$default", len(text))

    socket.send('{"action": "known"}')
    assert answer(socket)[0] == "known"


@pytest.mark.parametrize("closed", [True, False], ids=["valid", "broken off"])
def test_deep_values_in_any_place_are_no_error(socket: ClientConnection, closed: bool) -> None:
    for levels in (200, 300, 900, 3_000):
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            deep = opening * levels + "1" + closing * levels * closed
            for text in (deep, f'{{"action": {deep}}}', f'{{"action": "known", "more": {deep}}}'):
                socket.send(text)
                assert answer(socket)[1] == len(text)


def test_a_frame_as_deep_as_programs_send_takes_its_route(socket: ClientConnection) -> None:
    socket.send(json.dumps({"action": "known", "more": "[" * 20_000, "deep": json.loads("[" * 200 + "]" * 200)}))

    assert answer(socket)[0] == "known"


def test_a_large_message_reaches_the_client_in_frames_of_32_kb(socket: ClientConnection) -> None:
    socket.send("large")

    frames = list(socket.recv_streaming())

    assert "".join(map(str, frames)) == "ü" * 60_000
    assert [len(str(frame).encode()) for frame in frames] == [32 * KB, 32 * KB, 32 * KB, 120_000 - 96 * KB]


def test_a_post_to_a_connection_holds_128_kb(socket: ClientConnection, endpoint: str) -> None:
    socket.send("who am I?")
    connection = str(socket.recv(timeout=PATIENCE)).split()[2]
    api = client(endpoint, "apigatewaymanagementapi")

    api.post_to_connection(ConnectionId=connection, Data=b"x" * (128 * KB))
    assert socket.recv(timeout=PATIENCE) == "x" * (128 * KB)

    with pytest.raises(ClientError) as caught:
        api.post_to_connection(ConnectionId=connection, Data=b"x" * (128 * KB + 1))
    assert caught.value.response["Error"]["Code"] == "PayloadTooLargeException"
    socket.send("still here")
    assert answer(socket) == ("$default", 10)
