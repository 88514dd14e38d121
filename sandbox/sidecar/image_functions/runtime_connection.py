"""One connection to the Runtime API."""

import asyncio
import base64
import binascii
import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import h11

from sandbox.sidecar.image_functions.function import FunctionError, LostError
from sandbox.sidecar.image_functions.runtime_exchanges import Exchange, Exchanges

_READ_BYTES: Final = 64 * 1024
_ERROR_BYTES: Final = 256 * 1024
_EXTENSION_ID: Final = "Lambda-Extension-Identifier"
_ERROR_TYPE: Final = b"lambda-runtime-function-error-type"
_ERROR_BODY: Final = b"lambda-runtime-function-error-body"
_UNKNOWN: Final = "Runtime.Unknown"

Find = Callable[[str], tuple[Exchanges | None, str]]


class ClosedError(Exception):
    """The other end has closed the connection."""


class RuntimeConnection:
    """Answers one request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, find: Find) -> None:
        self._reader = reader
        self._writer = writer
        self._find = find
        self._http = h11.Connection(h11.SERVER)
        self._reading: asyncio.Task[bytes] | None = None

    async def run(self) -> None:
        """Returns when the connection is closed. Raises OSError or h11.ProtocolError."""
        try:
            with suppress(ClosedError):
                while isinstance(request := await self._event(), h11.Request):
                    await self._answer(request)
                    if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                        return
                    self._http.start_next_cycle()
        finally:
            if self._reading:
                self._reading.cancel()

    async def _answer(self, request: h11.Request) -> None:
        exchanges, path = self._find(request.target.decode("latin-1").lstrip("/"))
        if exchanges is None:
            await self._body()
            await self._send(403, {"errorMessage": "the address is not that of an environment"})
            return
        match [request.method.decode(), *path.split("/")]:
            case ["GET", "2018-06-01", "runtime", "invocation", "next"]:
                await self._next(exchanges)
            case ["POST", "2018-06-01", "runtime", "invocation", request_id, "response"]:
                await self._response(exchanges.find(request_id), request)
            case ["POST", "2018-06-01", "runtime", "invocation", request_id, "error"]:
                error = await self._error(request)
                if exchange := exchanges.find(request_id):
                    exchange.fail(error)
                await self._accepted(exchange)
            case ["POST", "2018-06-01", "runtime", "init", "error"]:
                exchanges.fail_init(await self._error(request))
                await self._send(202, {"status": "OK"})
            case ["POST", "2020-01-01", "extension", "register"]:
                await self._body()
                known = {"functionName": exchanges.name, "functionVersion": exchanges.version, "handler": ""}
                await self._send(200, known, {_EXTENSION_ID: str(uuid.uuid4())})
            case ["GET", "2020-01-01", "extension", "event", "next"]:
                await self._until_the_end(exchanges)
            case ["POST", "2020-01-01", "extension", ("init" | "exit"), "error"]:
                await self._body()
                await self._send(202, {"status": "OK"})
            case _:
                await self._body()
                await self._send(
                    404, {"errorMessage": f"the sandbox's Runtime API has no {request.method.decode()} /{path}"}
                )

    async def _next(self, exchanges: Exchanges) -> None:
        """Sends the next event, unless the other end has closed the connection: then the event is for another."""
        await self._body()
        waiter = exchanges.wait()
        try:
            await self._unless_closed(waiter)
            invocation = (await waiter).invocation
            await self._send(
                200,
                invocation.event,
                {
                    "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                    "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                    "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
                    "Lambda-Runtime-Trace-Id": invocation.trace,
                },
            )
        except (ClosedError, OSError, asyncio.CancelledError) as error:
            exchanges.leave(waiter)
            if waiter.cancelled() and exchanges.ended.done():
                raise ClosedError from error
            raise

    async def _response(self, exchange: Exchange | None, request: h11.Request) -> None:
        headers = dict(request.headers)
        if exchange is None or not exchange.begin(headers.get(b"content-type", b"").decode("latin-1")):
            await self._body()
            await self._accepted(None)
            return
        try:
            while isinstance(event := await self._event(), h11.Data):
                await exchange.add(bytes(event.data))
        except (ClosedError, OSError, h11.ProtocolError):
            await exchange.end(LostError("Runtime.TruncatedResponse", "the response ended in the middle"))
            raise
        trailers = dict(event.headers) if isinstance(event, h11.EndOfMessage) else {}
        await exchange.end(_trailed_error(trailers) if _ERROR_TYPE in trailers else None)
        await self._send(202, {"status": "OK"})

    async def _until_the_end(self, exchanges: Exchanges) -> None:
        await self._body()
        await self._unless_closed(exchanges.ended)
        await self._send(200, {"eventType": "SHUTDOWN", "shutdownReason": "SPINDOWN", "deadlineMs": 0})

    async def _error(self, request: h11.Request) -> FunctionError:
        kind = dict(request.headers).get(_ERROR_TYPE, b"").decode("latin-1")
        return _error_of(await self._body(_ERROR_BYTES), kind)

    async def _accepted(self, exchange: Exchange | None) -> None:
        if exchange is None:
            await self._send(400, {"errorType": "InvalidRequestID", "errorMessage": "no such invocation is open"})
        else:
            await self._send(202, {"status": "OK"})

    async def _unless_closed(self, waited: "asyncio.Future[Any]") -> None:
        """Waits. Raises ClosedError when the other end closes the connection first."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._reader.read(_READ_BYTES))
        reading: asyncio.Future[Any] = self._reading
        await asyncio.wait([waited, reading], return_when=asyncio.FIRST_COMPLETED)
        if self._reading.done() and not self._reading.result():
            raise ClosedError
        await asyncio.wait([waited])

    async def _event(self) -> h11.Event:
        """Raises ClosedError after the last request."""
        while not isinstance(event := self._http.next_event(), h11.Event):
            if self._http.they_are_waiting_for_100_continue:
                await self._write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])))
            self._http.receive_data(await self._read())
        if isinstance(event, h11.ConnectionClosed):
            raise ClosedError
        return event

    async def _read(self) -> bytes:
        if self._reading is None:
            return await self._reader.read(_READ_BYTES)
        reading, self._reading = self._reading, None
        return await reading

    async def _body(self, most: int = 0) -> bytes:
        """Reads the rest of the request; returns at most the first `most` bytes of it."""
        body = b""
        while isinstance(event := await self._event(), h11.Data):
            body += bytes(event.data)[: most - len(body)]
        return body

    async def _send(
        self, status: int, body: bytes | Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}
        start = h11.Response(status_code=status, headers=list(given.items()))
        events = (start, h11.Data(data=content), h11.EndOfMessage())
        await self._write(b"".join(self._http.send(event) or b"" for event in events))

    async def _write(self, data: bytes | None) -> None:
        self._writer.write(data or b"")
        await self._writer.drain()


def _trailed_error(trailers: Mapping[bytes, bytes]) -> FunctionError:
    try:
        body = base64.b64decode(trailers.get(_ERROR_BODY, b""), validate=True)
    except binascii.Error:
        body = b""
    return _error_of(body, trailers[_ERROR_TYPE].decode("latin-1"))


def _error_of(body: bytes, kind: str) -> FunctionError:
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return FunctionError(kind or _UNKNOWN, body.decode(errors="replace"))
    return FunctionError(str(told.get("errorType") or kind or _UNKNOWN), str(told.get("errorMessage") or ""))
