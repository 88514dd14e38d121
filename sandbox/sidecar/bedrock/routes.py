"""Bedrock Runtime at AWS's wire level: Converse, ConverseStream and CountTokens."""

import json
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.sidecar.bedrock.conversation import Conversation, parse_conversation
from sandbox.sidecar.bedrock.errors import BedrockError, ConnectionCut, invalid
from sandbox.sidecar.bedrock.eventstream import CONTENT_TYPE, encode_exception
from sandbox.sidecar.bedrock.live_settings import LiveSettings
from sandbox.sidecar.bedrock.pacing import Pace
from sandbox.sidecar.bedrock.replies import Events, collect
from sandbox.sidecar.bedrock.validation import validate

Frames = AsyncGenerator[bytes, None]
Handler = Callable[[Request], Awaitable[Response]]


class Model(Protocol):
    """A model: the scripted one, or a relay to a real one."""

    def answer(self, conversation: Conversation, pace: Pace) -> Events:
        """Yields the events of the answer, messageStart to metadata; may raise BedrockError at any point."""
        ...


class BedrockRuntime:
    """The service's routes over one model."""

    def __init__(self, model: Model, live: LiveSettings) -> None:
        self._model = model
        self._live = live

    def routes(self) -> list[Route]:
        operations = {"converse": self._converse, "converse-stream": self._stream, "count-tokens": self._count}
        return [
            Route(f"/model/{{model_id:path}}/{name}", self._guarded(operation), methods=["POST"])
            for name, operation in operations.items()
        ]

    async def _converse(self, request: Request) -> Response:
        self._live.counters.converse += 1
        conversation = await _conversation(request)
        return JSONResponse(await collect(self._answer(conversation)))

    async def _stream(self, request: Request) -> Response:
        self._live.counters.converse_stream += 1
        frames = _frames(self._answer(await _conversation(request)))
        # An error before the first event must become the HTTP response, so the first batch is awaited here.
        first = await anext(frames)
        return EventStreamResponse(_chained(first, frames))

    async def _count(self, request: Request) -> Response:
        self._live.counters.count_tokens += 1
        body = await _body(request)
        converse = body.get("input", {}).get("converse")
        if not isinstance(converse, dict):
            raise invalid("The sandbox counts the tokens of a Converse request only: give input.converse.")
        return JSONResponse({"inputTokens": parse_conversation(_model_id(request), converse).input_tokens})

    async def _answer(self, conversation: Conversation) -> Events:
        """Yields the model's events with the active faults injected, and counts them."""
        faults = self._live.faults.take(conversation.question)
        pace = self._live.pace
        for fault in faults:
            fault.raise_error()
            pace = fault.slow(pace)
        events = self._model.answer(conversation, pace)
        for fault in faults:
            events = fault.inject(events)
        with self._live.counters.answering() as counted:
            async with aclosing(events):
                async for batch in events:
                    counted(sum(event.tokens for event in batch))
                    yield batch

    def _guarded(self, operation: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            try:
                _require_signature(request)
                response = await operation(request)
            except BedrockError as error:
                self._live.counters.refused += 1
                response = JSONResponse({"message": error.message}, error.status, {"x-amzn-ErrorType": error.kind})
            except ConnectionCut:
                response = CutResponse()
            response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
            return response

        return handle


class EventStreamResponse(StreamingResponse):
    """A stream of frames that ends when the client disconnects, or in the middle when a fault cuts it."""

    media_type = CONTENT_TYPE

    def __init__(self, frames: Frames) -> None:
        super().__init__(frames)
        self._frames = frames

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self._frames) as frames:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            try:
                async for frame in frames:
                    await send({"type": "http.response.body", "body": frame, "more_body": True})
            except ConnectionCut:
                # Without a last, empty body the server closes the connection in the middle of the response.
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class CutResponse(Response):
    """Starts a response and closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        # Without a length the body is chunked, and the client notices that the last chunk is missing.
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})


async def _frames(events: Events) -> Frames:
    async with aclosing(events):
        begun = False
        try:
            async for batch in events:
                if batch:
                    yield b"".join(event.encode() for event in batch)
                    begun = True
        except BedrockError as error:
            if not begun:
                raise
            yield encode_exception(error.stream_kind, error.message)


async def _chained(first: bytes, rest: Frames) -> Frames:
    async with aclosing(rest):
        yield first
        async for frame in rest:
            yield frame


async def _conversation(request: Request) -> Conversation:
    conversation = parse_conversation(_model_id(request), await _body(request))
    validate(conversation)
    return conversation


def _require_signature(request: Request) -> None:
    if "authorization" not in request.headers:
        raise BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token")


def _model_id(request: Request) -> str:
    return str(request.path_params["model_id"])


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise invalid(f"The request body is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object.")
    return body
