"""InvokeModel and InvokeModelWithResponseStream over the sandbox's model, and CountTokens of all forms."""

import base64
import json
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.sidecar.bedrock.conversation import Conversation, parse_conversation
from sandbox.sidecar.bedrock.errors import invalid
from sandbox.sidecar.bedrock.event_responses import EventStreamResponse
from sandbox.sidecar.bedrock.eventstream import encode_event
from sandbox.sidecar.bedrock.live_settings import LiveSettings
from sandbox.sidecar.bedrock.replies import StreamEvent
from sandbox.sidecar.bedrock.routes import BedrockRuntime, body_of, model_id_of
from sandbox.sidecar.bedrock.validation import validate
from sandbox.sidecar.invoke_model.forms import Form, FormStream, form_of

_METRICS = "amazon-bedrock-invocationMetrics"
_GUARDRAIL = "x-amzn-bedrock-guardrailidentifier"


class InvokeModel:
    """The operations whose bodies have a form of the model's own."""

    def __init__(self, runtime: BedrockRuntime, live: LiveSettings) -> None:
        self._runtime = runtime
        self._live = live

    def routes(self) -> list[Route]:
        operations = {
            "invoke": self._invoke,
            "invoke-with-response-stream": self._stream,
            "count-tokens": self._count,
        }
        return [self._runtime.route(name, operation) for name, operation in operations.items()]

    async def _invoke(self, request: Request) -> Response:
        self._live.counters.invoke_model += 1
        form, conversation = await _parsed(request)
        async with aclosing(self._runtime.answer(conversation)) as batches:
            events = [event async for batch in batches for event in batch]
        return JSONResponse(form.answer(events), headers=_metric_headers(events[-1]))

    async def _stream(self, request: Request) -> Response:
        self._live.counters.invoke_model_stream += 1
        form, conversation = await _parsed(request)
        stream = form.stream(conversation)
        response = await EventStreamResponse.of(self._runtime.answer(conversation), _encoder(stream))
        response.headers["x-amzn-bedrock-content-type"] = "application/json"
        return response

    async def _count(self, request: Request) -> Response:
        self._live.counters.count_tokens += 1
        counted = (await body_of(request)).get("input")
        model_id = model_id_of(request)
        match counted:
            case {"converse": dict(converse)}:
                conversation = parse_conversation(model_id, converse)
            case {"invokeModel": {"body": str(encoded)}}:
                body = _json_object(encoded)
                conversation = form_of(model_id, body).conversation(body)
            case _:
                raise invalid("input must have converse or invokeModel, and one of them only.")
        return JSONResponse({"inputTokens": conversation.input_tokens})


async def _parsed(request: Request) -> tuple[Form, Conversation]:
    if request.headers.get(_GUARDRAIL):
        raise invalid("A guardrail is set, but the sandbox has none, so nothing would be checked. Leave it out here.")
    body = await body_of(request)
    form = form_of(model_id_of(request), body)
    conversation = form.conversation(body)
    validate(conversation)
    return form, conversation


def _encoder(stream: FormStream) -> Callable[[StreamEvent], bytes]:
    def encode(event: StreamEvent) -> bytes:
        chunks = list(stream.feed(event))
        if event.kind == "metadata":
            chunks[-1][_METRICS] = _metrics(event)
        return b"".join(_chunk(chunk) for chunk in chunks)

    return encode


def _chunk(body: dict[str, Any]) -> bytes:
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return encode_event("chunk", {"bytes": base64.b64encode(data).decode()})


def _metrics(event: StreamEvent) -> dict[str, int]:
    usage, latency = event.body["usage"], event.body["metrics"]["latencyMs"]
    counts = {"inputTokenCount": usage["inputTokens"], "outputTokenCount": usage["outputTokens"]}
    return {**counts, "invocationLatency": latency, "firstByteLatency": latency}


def _metric_headers(event: StreamEvent) -> dict[str, str]:
    metrics = _metrics(event)
    return {
        "x-amzn-bedrock-invocation-latency": str(metrics["invocationLatency"]),
        "x-amzn-bedrock-input-token-count": str(metrics["inputTokenCount"]),
        "x-amzn-bedrock-output-token-count": str(metrics["outputTokenCount"]),
    }


def _json_object(encoded: str) -> dict[str, Any]:
    try:
        body = json.loads(base64.b64decode(encoded))
    except ValueError as error:
        raise invalid(f"The body of invokeModel is not JSON in base64: {error}.") from error
    if not isinstance(body, dict):
        raise invalid("The body of invokeModel must be a JSON object.")
    return body
