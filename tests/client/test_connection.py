import asyncio
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from client import ConnectionRejectedError, LongrunClient, LongrunError, ProtocolError, Target, Timing, UnreachableError
from tests.client.conftest import Play
from tests.client.deployment import Deployment, Frame, answer

Process = Callable[[ServerConnection, Request], Response | None]


async def _connect(target: Target, timing: Timing) -> None:
    async with LongrunClient(target, timing) as client:
        await client.ping()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_a_closed_port_is_unreachable_at_once(timing: Timing) -> None:
    url = f"ws://127.0.0.1:{_free_port()}/live"

    with pytest.raises(UnreachableError, match=rf"{url} cannot be reached \(the connection was refused\)") as caught:
        asyncio.run(_connect(Target(url), timing))
    assert caught.value.code == "UNREACHABLE"


def test_an_unknown_host_is_unreachable(timing: Timing) -> None:
    with pytest.raises(
        UnreachableError, match=r"nowhere\.invalid/live cannot be reached \(its host name is not known\)"
    ):
        asyncio.run(_connect(Target("wss://nowhere.invalid/live"), timing))


def _with_server(process: Process, scene: Callable[[Target], Awaitable[None]]) -> None:
    async def stage() -> None:
        deployment = Deployment()
        async with serve(deployment.handle, "127.0.0.1", 0, process_request=process) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            await scene(Target(f"ws://127.0.0.1:{port}/live", user="jo"))

    asyncio.run(stage())


@pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND])
def test_a_rejected_connection_shows_what_to_check(timing: Timing, status: HTTPStatus) -> None:
    async def scene(target: Target) -> None:
        with pytest.raises(
            ConnectionRejectedError, match=rf"/live rejected the connection with HTTP {status}; check"
        ) as caught:
            await _connect(target, timing)
        assert (caught.value.code, caught.value.status) == ("REFUSED", status)

    _with_server(lambda connection, _: connection.respond(status, ""), scene)


@pytest.mark.parametrize("status", [HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE])
def test_a_deployment_that_is_busy_is_unreachable_for_now(timing: Timing, status: HTTPStatus) -> None:
    async def scene(target: Target) -> None:
        with pytest.raises(UnreachableError, match=f"HTTP {status}"):
            await _connect(target, timing)

    _with_server(lambda connection, _: connection.respond(status, ""), scene)


def test_what_is_no_websocket_server_is_a_protocol_error(timing: Timing) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n\r\n")
        await writer.drain()
        writer.close()

    async def stage() -> None:
        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(ProtocolError, match="is not a Longrun deployment"):
                await _connect(Target(f"ws://127.0.0.1:{port}"), timing)

    asyncio.run(stage())


@pytest.mark.parametrize("message", ["hello", "[]", b"\xff\xfe"])
def test_a_server_that_does_not_speak_json_objects_is_a_protocol_error(
    deployment: Deployment, play: Play, timing: Timing, message: str | bytes
) -> None:
    async def babble(_deployment: Deployment, socket: ServerConnection, _frame: Frame) -> None:
        await socket.send(message)

    deployment.answer = babble

    async def scene(target: Target) -> None:
        with pytest.raises(ProtocolError, match="not a JSON object"):
            await _connect(target, timing)

    play(scene)


def test_a_silent_socket_is_kept_open_by_pings(deployment: Deployment, play: Play) -> None:
    pinged = asyncio.Event()

    async def count(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await answer(deployment, socket, frame)
        if len(deployment.received) == 3:
            pinged.set()

    deployment.answer = count

    async def scene(target: Target) -> None:
        async with LongrunClient(target, Timing(keep_alive=0.01)):
            await pinged.wait()

    play(scene)
    assert set(deployment.actions()) == {"ping"}


def test_a_server_that_ends_every_socket_without_a_word_is_given_up(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    async def hang_up(_deployment: Deployment, socket: ServerConnection, _frame: Frame) -> None:
        await socket.close()

    deployment.answer = hang_up

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            with pytest.raises(LongrunError) as caught:
                await client.ping()
            assert caught.value.code == "UNREACHABLE"

    play(scene)
    assert len(deployment.sockets) == 4
