"""Bedrock Runtime at AWS's wire level: Converse and ConverseStream, and what its other operations share with them."""

import json
import uuid
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.sidecar.bedrock.conversation import Conversation, parse_conversation
from sandbox.sidecar.bedrock.errors import BedrockError, ConnectionCut, invalid
from sandbox.sidecar.bedrock.event_responses import CutResponse, EventStreamResponse
from sandbox.sidecar.bedrock.live_settings import LiveSettings
from sandbox.sidecar.bedrock.pacing import Pace
from sandbox.sidecar.bedrock.replies import Events, collect
from sandbox.sidecar.bedrock.validation import require_served, validate

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
        operations = {"converse": self._converse, "converse-stream": self._stream}
        return [self.route(name, operation) for name, operation in operations.items()]

    def route(self, name: str, operation: Handler) -> Route:
        """Returns the route of one operation on a model, which may raise BedrockError."""
        return Route(f"/model/{{model_id:path}}/{name}", self._guarded(operation), methods=["POST"])

    async def _converse(self, request: Request) -> Response:
        self._live.counters.converse += 1
        conversation = await _conversation(request)
        return JSONResponse(await collect(self.answer(conversation)))

    async def _stream(self, request: Request) -> Response:
        self._live.counters.converse_stream += 1
        return await EventStreamResponse.of(self.answer(await _conversation(request)))

    async def answer(self, conversation: Conversation) -> Events:
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


async def _conversation(request: Request) -> Conversation:
    body = await body_of(request)
    require_served(body)
    conversation = parse_conversation(model_id_of(request), body)
    validate(conversation)
    return conversation


def _require_signature(request: Request) -> None:
    if "authorization" not in request.headers:
        raise BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token")


def model_id_of(request: Request) -> str:
    return str(request.path_params["model_id"])


async def body_of(request: Request) -> dict[str, Any]:
    """Returns the parsed body. Raises ValidationException."""
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise invalid(f"The request body is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object.")
    return body
