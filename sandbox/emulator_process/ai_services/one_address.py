"""Lets the emulator's address serve Bedrock and AgentCore, too: their requests go on to the sidecar."""

import os
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from contract.sandbox_access import HEADER
from sandbox.emulator_access import CHECKED_HEADER
from sandbox.emulator_process.ai_services.destinations import Destination, destination_of
from sandbox.emulator_process.ai_services.http_forwarding import (
    FIRST_ERROR,
    Message,
    Receive,
    Scope,
    Send,
    answer,
    answer_unreachable,
    ask,
    forward,
)
from sandbox.emulator_process.ai_services.upstream import Sidecar
from sandbox.emulator_process.ai_services.websocket_forwarding import forward_websocket

App = Callable[[Scope, Receive, Send], Awaitable[None]]


class OneAddress:
    """An ASGI application: MiniStack's, with the sidecar's services."""

    def __init__(self, ministack: App, sidecar: Sidecar) -> None:
        self._ministack = ministack
        self._sidecar = sidecar

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match _destination(scope):
            case Destination.SIDECAR if scope["type"] == "websocket":
                await forward_websocket(self._sidecar, scope, receive, send)
            case Destination.SIDECAR:
                await forward(self._sidecar, scope, receive, send)
            case Destination.CHECKED if CHECKED_HEADER.encode() not in dict(scope["headers"]):
                await self._check(scope, receive, send)
            case _:
                await self._ministack(scope, receive, send)

    async def _check(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Has the sidecar check the request, and answers with its objection, if it has one."""
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        else:
            return  # the client has left
        try:
            reply, content = await ask(self._sidecar, scope, body)
        except OSError as error:
            await answer_unreachable(send, error)
            return
        if reply.status >= FIRST_ERROR:
            await answer(send, reply, content)
            return
        read: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        await self._ministack(scope, _again(read, receive), send)


def with_ai_services(ministack: App) -> OneAddress:
    """Returns the application for the emulator's server; the sidecar's address is that of this process's
    environment."""
    address = urlsplit(os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"])
    # For requests that have shown the secret in another way than by a signature.
    credentials = [(HEADER.encode(), os.environ["AWS_SECRET_ACCESS_KEY"].encode())]
    return OneAddress(ministack, Sidecar(address.hostname or "", address.port or 0, credentials))


def _destination(scope: Scope) -> Destination:
    if scope["type"] not in ("http", "websocket"):
        return Destination.MINISTACK
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    return destination_of(scope.get("method", "GET"), scope["path"], query, headers)


def _again(read: list[Message], receive: Receive) -> Receive:
    async def replay() -> Message:
        return read.pop(0) if read else await receive()

    return replay
