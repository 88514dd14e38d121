"""AgentCore's WebSocket endpoint between a caller and an agent's own server."""

import socket
import uuid
from collections.abc import Callable
from urllib.parse import quote, urlencode, urlsplit

import boto3
import pytest
from bedrock_agentcore.runtime import AgentCoreRuntimeClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.sandbox.sidecar.stage import PLAIN, REGION, SERVE, Runtime, Stage

SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
CUSTOM = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Tenant"

ECHO = """
import asyncio, http, json, os
from websockets.asyncio.server import serve

def ping(connection, request):
    if request.path == "/ping":
        return connection.respond(http.HTTPStatus.OK, '{"status": "Healthy"}')

async def handle(connection):
    headers = {name.lower(): value for name, value in connection.request.headers.raw_items()}
    await connection.send(json.dumps({"pid": os.getpid(), "path": connection.request.path, "headers": headers}))
    try:
        await answer(connection)
    finally:
        print("closed with", connection.close_code, flush=True)

async def answer(connection):
    async for message in connection:
        if message == "bye":
            await connection.close(4001, "asked to")
        elif message == "die":
            os._exit(3)
        elif message == "much":
            await connection.send("x" * 40_000)
        elif message == "pieces":
            await connection.send(["x" * 20_000, "y" * 20_000])
        else:
            await connection.send(message)

async def main():
    async with serve(handle, "0.0.0.0", 8080, process_request=ping, max_size=None,
                     select_subprotocol=lambda _, offered: "chat" if "chat" in offered else None):
        await asyncio.get_running_loop().create_future()

asyncio.run(main())
"""

SDK = """
from bedrock_agentcore import BedrockAgentCoreApp

app = BedrockAgentCoreApp()

@app.websocket
async def echo(websocket, context):
    await websocket.accept()
    await websocket.send_json({"session": context.session_id})
    async for text in websocket.iter_text():
        await websocket.send_text(text)

app.run()
"""


@pytest.fixture
def echo(stage: Stage) -> Runtime:
    described = {"requestHeaderConfiguration": {"requestHeaderAllowlist": [CUSTOM]}}
    return stage.runtime({"main.py": ECHO}, site=True, described=described)


def opened(
    runtime: Runtime, headers: dict[str, str] | None = None, query: dict[str, str] | None = None, chat: bool = False
) -> ClientConnection:
    url = f"ws{runtime.url.removeprefix('http')}/runtimes/{quote(runtime.arn, safe='')}/ws"
    given = {"Authorization": "AWS4-HMAC-SHA256 Credential=test"} if headers is None else headers
    return connect(
        f"{url}?{urlencode(query or {})}",
        additional_headers=given,
        subprotocols=[Subprotocol("chat")] if chat else None,
        max_size=None,
        proxy=None,
    )


def signed(**more: str) -> dict[str, str]:
    return {"Authorization": "AWS4-HMAC-SHA256 Credential=test", **more}


def closing(connection: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as closed:
        connection.recv(30)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def test_text_and_bytes_go_both_ways_and_so_do_close_codes(
    stage: Stage, echo: Runtime, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    with opened(echo, chat=True) as connection:
        connection.recv(30)
        connection.send("grüße")
        text = connection.recv(30)
        connection.send(b"\x00\xff")
        data = connection.recv(30)
        connection.send("pieces")
        long = connection.recv(30)
        subprotocol = connection.subprotocol
        connection.close(4321, "enough")
    with opened(echo) as connection:
        connection.recv(30)
        connection.send("bye")
        closed = closing(connection)

    assert (text, data, subprotocol) == ("grüße", b"\x00\xff", "chat")
    assert len(long) == 40_000
    assert closed == (4001, "asked to")
    eventually(lambda: "closed with 4321" in stage.log())


def test_the_session_is_named_in_a_header_or_in_the_url(echo: Runtime) -> None:
    session_id = str(uuid.uuid4())
    seen = []
    for headers, query in (
        (signed(**{SESSION: session_id, CUSTOM: "acme"}), {}),
        (signed(), {SESSION: session_id, CUSTOM: "acme", "qualifier": "DEFAULT"}),
        ({}, {SESSION: session_id, CUSTOM: "acme", "X-Amz-Signature": "0"}),
    ):
        with opened(echo, headers, query) as connection:
            assert connection.response is not None
            assert connection.response.headers[SESSION] == session_id
            seen.append(connection.recv(30))

    for text in seen:
        assert f'"{SESSION.lower()}": "{session_id}"' in str(text)
        assert f'"{CUSTOM.lower()}": "acme"' in str(text)
        assert '"path": "/ws"' in str(text)
        assert "AWS4-HMAC" not in str(text)
    assert len(echo.sessions()) == 1


def test_a_frame_of_the_agent_over_32_kb_closes_the_connection(echo: Runtime) -> None:
    with opened(echo) as connection:
        connection.recv(30)
        connection.send("much")

        assert closing(connection)[0] == 1009


def test_an_agent_that_dies_closes_the_connection(echo: Runtime) -> None:
    with opened(echo) as connection:
        connection.recv(30)
        connection.send("die")

        assert closing(connection)[0] == 1011


@pytest.mark.parametrize(
    ("files", "described", "query", "refused"),
    [
        ({"main.py": PLAIN + SERVE}, {}, {}, (424, "RuntimeClientError", "on /ws; serve it on port 8080")),
        ({"main.py": "raise SystemExit(7)"}, {}, {}, (424, "RuntimeClientError", "ended with exit code 7")),
        ({"main.py": ""}, {}, {"qualifier": "other"}, (404, "ResourceNotFoundException", "other not found")),
        ({"main.py": ""}, {}, {SESSION: "short"}, (400, "ValidationException", "has 5 characters")),
        (
            {"main.py": ""},
            {"protocolConfiguration": {"serverProtocol": "MCP"}},
            {},
            (400, "ValidationException", "uses MCP, without WebSockets"),
        ),
    ],
    ids=["without /ws", "without a server", "unknown endpoint", "short session id", "MCP"],
)
def test_a_refused_handshake_has_awss_error(
    stage: Stage,
    files: dict[str, str],
    described: dict[str, object],
    query: dict[str, str],
    refused: tuple[int, str, str],
) -> None:
    runtime = stage.runtime(files, described=described)

    with pytest.raises(InvalidStatus) as rejected:
        opened(runtime, query=query)

    response = rejected.value.response
    assert (response.status_code, response.headers["x-amzn-errortype"]) == refused[:2]
    assert refused[2] in bytes(response.body or b"").decode()


def test_an_unsigned_handshake_is_refused(echo: Runtime) -> None:
    with pytest.raises(InvalidStatus) as rejected:
        opened(echo, {})

    assert rejected.value.response.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


def test_awss_own_client_and_app_understand_each_other(stage: Stage) -> None:
    runtime = stage.runtime({"main.py": SDK}, site=True)
    session = boto3.Session("test", "test", region_name=REGION)
    session_id = str(uuid.uuid4())
    url = AgentCoreRuntimeClient(REGION, session=session).generate_presigned_url(runtime.arn, session_id=session_id)
    address = urlsplit(runtime.url)

    # The name in the URL is signed, so only the address is another one.
    reached = socket.create_connection((address.hostname, address.port))
    with connect(f"ws{url.removeprefix('wss')}", sock=reached, open_timeout=60) as connection:
        greeting = connection.recv(30)
        connection.send("hello")
        answer = connection.recv(30)

    assert (greeting, answer) == (f'{{"session":"{session_id}"}}', "hello")
