"""Answers operations that the sandbox does not have with an error as AWS sends it, instead of an invented success."""

import re
import uuid
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.sidecar.unserved.operations import operation_of

_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_SCOPE: Final = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/(?P<service>[^/]+)/aws4_request")
_BEARER: Final = re.compile(r"Bearer\s", re.IGNORECASE)
_SERVED: Final = {
    "bedrock": "Converse, ConverseStream, CountTokens, InvokeModel and InvokeModelWithResponseStream",
    "bedrock-agentcore": (
        "agent runtimes (with InvokeAgentRuntime, StopRuntimeSession, WebSockets and agent cards) and the events and "
        "records of memories"
    ),
}


class Unserved:
    """A route for every path that no other one has; it must be the last."""

    def routes(self) -> list[Route]:
        return [Route("/{path:path}", _refuse, methods=_METHODS)]


async def _refuse(request: Request) -> Response:
    signed_for = _signed_for(request)
    if signed_for is None:
        return PlainTextResponse("Not Found", 404)
    path = (request.scope.get("raw_path") or request.url.path.encode()).decode("latin-1")
    operation = operation_of(signed_for, request.method, path)
    asked = f"{operation.name} of {operation.service}" if operation else f"{request.method} {path} of {signed_for}"
    message = f"The sandbox does not serve {asked}."
    if signed_for in _SERVED:
        message += f" Of this service it serves {_SERVED[signed_for]}. Run this call on AWS."
    headers = {"x-amzn-errortype": "UnknownOperationException", "x-amzn-requestid": str(uuid.uuid4())}
    return JSONResponse({"message": message}, 404, headers)


def _signed_for(request: Request) -> str | None:
    """Returns the service that a request is signed for; a bearer token is Bedrock's. None for a request without
    either."""
    authorization = request.headers.get("authorization", "")
    credential = parse_qs(request.url.query).get("X-Amz-Credential", [""])[0]
    for text in (authorization, f"Credential={credential}"):
        if found := _SCOPE.search(text):
            return found["service"]
    is_openai = request.url.path.endswith("/v1/chat/completions")
    return "bedrock" if _BEARER.match(authorization) or is_openai else None
