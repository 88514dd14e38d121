"""The ASGI application of the streaming endpoint. It knows nothing of Lambda but the headers of its web adapter."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from contract.errors import ErrorCode, RunError
from contract.workspaces import SECRET_HEADER, WORKSPACE_HEADER
from runtime.environment import FAILED_EVENT_STATUS
from runtime.http.problems import INTERNAL_STATUS, RequestError, status_of
from runtime.http.streaming import event_stream
from runtime.http.streaming.event_stream import StreamLog
from runtime.http.streaming.invocations import EventHandler, Invocation, event_invocation
from runtime.http.streaming.request_lines import HEALTH, RequestLines, note
from runtime.http.streaming.requests import LAST_EVENT_ID, answer_request, read_body, stream_request
from runtime.http.streaming.service import StreamingService
from runtime.http.streaming.traces import CallerTrace
from runtime.process.logs import log

STREAMS: Final = "/api/streams/{workspace_id}/{agent_id}/{secret}"
RUN: Final = "/api/runs/{run_id}"
CANCEL: Final = f"{RUN}/cancel"
ANSWER: Final = f"{RUN}/answer"
EVENTS: Final = "/events"
"""Where the Lambda Web Adapter posts events that are no HTTP requests."""

RUN_ID_HEADER: Final = "longrun-run-id"

_RESERVE_SECONDS: Final = 2.0
"""A response ends this long before the function's limit."""

_INTERNAL_MESSAGE: Final = "The request could not be served because of an internal error; send it again."
_MESSAGES: Final = {404: "There is nothing at this path.", 405: "The path does not take this method."}

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(service: StreamingService, events: EventHandler, allowed_origins: Sequence[str] = ()) -> Starlette:
    """The application. Browsers may use it from pages of these origins, none without any."""
    endpoints = _Endpoints(service, events)
    routes = [
        _route(STREAMS, endpoints.stream, "GET", "POST"),
        _route(RUN, endpoints.status, "GET"),
        _route(CANCEL, endpoints.cancel, "POST"),
        _route(ANSWER, endpoints.answer, "POST"),
        _route(HEALTH, endpoints.health, "GET"),
        _route(EVENTS, endpoints.event, "GET", "POST", "PUT", "PATCH", "DELETE"),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(RequestLines), Middleware(_OneSlash), *_cors(allowed_origins)],
        exception_handlers={HTTPException: _rejected},
    )
    # A redirection would have the secret in its address.
    app.router.redirect_slashes = False
    return app


class _OneSlash:
    """Takes the path `//api` for `/api`: the address of a function URL ends with a slash, and callers append paths."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("//"):
            scope = {**scope, "path": f"/{scope['path'].lstrip('/')}"}
        await self._app(scope, receive, send)


class _Endpoints:
    """What the routes serve. Methods raise RunError for what the caller must see, before a stream begins."""

    def __init__(self, service: StreamingService, events: EventHandler) -> None:
        self._service = service
        self._events = events

    async def stream(self, request: Request) -> Response:
        path = request.path_params
        body = await read_body(request)
        await self._service.check(path["workspace_id"], path["agent_id"], path["secret"])
        asked = stream_request(request, path["agent_id"], body)
        opened = await self._service.open(path["workspace_id"], asked, CallerTrace.of(request))
        headers = {RUN_ID_HEADER: opened.run_id}
        note(request.scope, run_id=opened.run_id, after=opened.after)
        if opened.after is None:
            # Tells a browser that the stream is over: it would come back for ever.
            return Response(status_code=204, headers=headers)
        sent = StreamLog()
        note(request.scope, events=lambda: sent.events, end=lambda: sent.end)
        invocation = Invocation.of(request)
        left = None if invocation is None else max(0.0, invocation.seconds_left - _RESERVE_SECONDS)
        chunks = self._service.chunks(opened, left, sent)
        return StreamingResponse(chunks, headers={**event_stream.HEADERS, **headers})

    async def status(self, request: Request) -> Response:
        return _json(await self._service.status(*_credentials(request), _run_id(request)))

    async def cancel(self, request: Request) -> Response:
        await read_body(request)
        return _json(await self._service.cancel(*_credentials(request), _run_id(request)))

    async def answer(self, request: Request) -> Response:
        body = await read_body(request)
        workspace_id, secret = _credentials(request)
        given = answer_request(request, body)
        return _json(await self._service.answer(workspace_id, secret, _run_id(request), given))

    async def health(self, _request: Request) -> Response:
        return _json({"status": "ok"})

    async def event(self, request: Request) -> Response:
        """Executes an event of Lambda's. Replies once the run has ended or waits."""
        invocation = event_invocation(request)
        if invocation is None:
            raise HTTPException(404)
        if not await self._events.handle(await request.body(), invocation):
            return _json({"error": _INTERNAL_MESSAGE, "code": ErrorCode.INTERNAL.value}, FAILED_EVENT_STATUS)
        return _json({})


def _route(path: str, endpoint: Endpoint, *methods: str) -> Route:
    async def serve(request: Request) -> Response:
        note(request.scope, route=path)
        try:
            return await endpoint(request)
        except RunError as problem:
            note(request.scope, code=problem.code.value, **({"run_id": problem.run_id} if problem.run_id else {}))
            return _problem(problem)
        except HTTPException:
            raise
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:
            log("http.failed", level="ERROR", route=path, exc_info=True)
            return _problem(RunError(ErrorCode.INTERNAL, _INTERNAL_MESSAGE))

    route = Route(path, serve, methods=methods)
    if route.methods is not None:
        # Starlette adds it to GET, with which a run can be started.
        route.methods.discard("HEAD")
    return route


def _credentials(request: Request) -> tuple[str, str]:
    """Workspace and secret. Raises RequestError 401 where one is missing."""
    workspace_id, secret = request.headers.get(WORKSPACE_HEADER), request.headers.get(SECRET_HEADER)
    if not workspace_id or not secret:
        message = f"The request names no caller; send the headers {WORKSPACE_HEADER} and {SECRET_HEADER}."
        raise RequestError(401, message, {"www-authenticate": "Longrun"})
    return workspace_id, secret


def _run_id(request: Request) -> str:
    run_id: str = request.path_params["run_id"]
    return run_id


def _problem(problem: RunError) -> Response:
    about = {} if problem.run_id is None else {"run_id": problem.run_id}
    body = {"error": problem.message, "code": problem.code.value, **about}
    if isinstance(problem, RequestError):
        return _json(body, problem.status, problem.headers)
    headers = {"retry-after": "1"} if problem.code is ErrorCode.THROTTLED else {}
    return _json(body, status_of(problem.code), headers)


async def _rejected(_request: Request, error: Exception) -> Response:
    """What the router rejects, as JSON too."""
    status = error.status_code if isinstance(error, HTTPException) else INTERNAL_STATUS
    headers = error.headers if isinstance(error, HTTPException) else None
    message = _MESSAGES.get(status, "The request is not valid.")
    return _json({"error": message, "code": ErrorCode.INVALID_REQUEST.value}, status, headers)


def _json(value: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    # A model may emit half of a surrogate pair, which UTF-8 does not have: escaped, it passes.
    body = json.dumps(value, separators=(",", ":"))
    shared = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(body, status, {**(headers or {}), **shared})


def _cors(allowed_origins: Sequence[str]) -> list[Middleware]:
    if not allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["content-type", LAST_EVENT_ID, WORKSPACE_HEADER, SECRET_HEADER],
            expose_headers=[RUN_ID_HEADER],
        )
    ]
