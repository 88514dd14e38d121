"""The answer to a WebSocket handshake: what the function behind $connect returns, which MiniStack leaves out.

API Gateway selects the subprotocol that the function names in the header Sec-WebSocket-Protocol, and refuses the
handshake with the function's status.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from http import HTTPStatus
from types import ModuleType
from typing import Any, Final

from policies.rules.aws_limits import WEBSOCKET_INTEGRATION_TIMEOUT
from sandbox.emulator_process.emulated.known_module import require_known
from sandbox.emulator_process.functions.calls import patience

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]

_HEADER: Final = "sec-websocket-protocol"
_OK: Final = range(200, 300)

_ANSWER: ContextVar[dict[str, Any] | None] = ContextVar("answer_of_connect", default=None)


_REPLACED: Final = {
    "handle_websocket": "(scope, receive, send, api_id: str, path_override: str | None = None)",
    "_invoke_request_authorizer_lambda": "(authorizer, event, account_id, region)",
}


def install(apigateway: ModuleType) -> None:
    """Replaces functions of MiniStack's `services.apigateway`. Raises ValueError for an unknown version of it."""
    require_known(apigateway, "API Gateway", _REPLACED)
    names = vars(apigateway)
    serve, ask = (names[name] for name in _REPLACED)

    async def handle_websocket(scope: Any, receive: Any, send: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        await serve(with_subprotocols(scope), receive, answering(scope, send), *args, **kwargs)

    async def invoke_request_authorizer_lambda(*args: Any) -> Any:  # noqa: ANN401  MiniStack's own
        """Waits for a process as long as API Gateway waits for an answer."""
        with patience(WEBSOCKET_INTEGRATION_TIMEOUT.maximum / 1000):
            return await ask(*args)

    names.update(zip(_REPLACED, (handle_websocket, invoke_request_authorizer_lambda), strict=True))


def with_subprotocols(scope: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the scope with the header of the offered subprotocols, which wsproto takes out of the headers."""
    offered = scope.get("subprotocols") or ()
    if not offered or any(name.lower() == _HEADER.encode() for name, _ in scope["headers"]):
        return scope
    header = (_HEADER.encode(), ", ".join(offered).encode("latin-1", "replace"))
    return {**scope, "headers": [*scope["headers"], header]}


def remember_answer(answer: object) -> None:
    """Keep what the function behind $connect returned, for the handshake that this task serves."""
    kept = _ANSWER.get()
    if kept is not None and isinstance(answer, Mapping):
        kept |= answer


def answering(scope: Mapping[str, Any], send: Send) -> Send:
    """Returns `send` for a handshake of this task, with the subprotocol and the status that the function returned."""
    answer: dict[str, Any] = {}
    _ANSWER.set(answer)
    is_open = False

    async def send_answer(message: Message) -> None:
        nonlocal is_open
        if message["type"] == "websocket.accept":
            is_open = True
            selected = _selected(answer, scope.get("subprotocols") or ())
            message = {**message, "subprotocol": selected} if selected else message
        elif message["type"] == "websocket.close" and not is_open and (status := _refusal(answer, scope)):
            await _refuse(send, status)
            return
        await send(message)

    return send_answer


def _selected(answer: Mapping[str, Any], offered: object) -> str | None:
    """The subprotocol that the function selects; None for one that the client has not offered."""
    headers = answer.get("headers")
    named = {str(name).lower(): str(value) for name, value in headers.items()} if isinstance(headers, Mapping) else {}
    selected = named.get(_HEADER)
    return selected if isinstance(offered, list | tuple) and selected in offered else None


def _refusal(answer: Mapping[str, Any], scope: Mapping[str, Any]) -> int | None:
    """The status with which the function refuses; None where it does not, or the server cannot send one."""
    try:
        status = int(answer.get("statusCode", 200))
    except (TypeError, ValueError):
        return None
    can_send = "websocket.http.response" in (scope.get("extensions") or {})
    return status if can_send and status not in _OK and status in set(HTTPStatus) else None


async def _refuse(send: Send, status: int) -> None:
    body = json.dumps({"message": HTTPStatus(status).phrase}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
