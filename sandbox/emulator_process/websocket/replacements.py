"""Replaces parts of MiniStack's API Gateway by ones that keep the quotas of WebSocket APIs, and answer handshakes."""

import json
from types import ModuleType
from typing import Any, Final

from policies.rules.aws_limits import WEBSOCKET_INTEGRATION_TIMEOUT, WEBSOCKET_MESSAGE
from sandbox.emulator_process.emulated.known_module import require_known
from sandbox.emulator_process.functions.calls import patience
from sandbox.emulator_process.websocket.handshake import install as install_handshake
from sandbox.emulator_process.websocket.handshake import remember_answer
from sandbox.emulator_process.websocket.nesting import is_nested_deeper

MOST_NESTED: Final = 256
"""Arrays and objects in each other that the route selection reads; Python's parser ends with an error at about 1,000,
less the depth of the code that calls it."""

_BAD_GATEWAY: Final = 502

_REPLACED: Final = {
    "_evaluate_route_selection": "(expr: str, payload_text: str) -> str",
    "_invoke_ws_lambda": (
        "(api_id: str, account_id: str, region: str, route: dict, stage: str, connection_id: str, event_type: str, "
        "message_id: str, body_text: str, source_ip: str, headers: dict, query_params: dict | None = None, **kwargs) "
        "-> dict | None"
    ),
    "handle_connections_api": (
        "(method: str, api_id: str, stage: str, connection_id: str, body: bytes, headers: dict)"
    ),
}

Answer = tuple[int, dict[str, str], bytes]


def install(apigateway: ModuleType) -> None:
    """Replaces functions of MiniStack's `services.apigateway`. Raises ValueError for an unknown version of it."""
    require_known(apigateway, "API Gateway", _REPLACED)
    install_handshake(apigateway)
    names = vars(apigateway)
    select, invoke, connections = (names[name] for name in _REPLACED)

    def evaluate_route_selection(expr: str, payload_text: str) -> str:
        """Returns the default route for what cannot be read, as for a message that is not JSON."""
        if is_nested_deeper(payload_text, MOST_NESTED):
            return "$default"
        return str(select(expr, payload_text))

    async def invoke_ws_lambda(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  MiniStack's own
        """Waits for a process as long as API Gateway waits for an answer: a message would otherwise be lost."""
        with patience(WEBSOCKET_INTEGRATION_TIMEOUT.maximum / 1000):
            answer = await invoke(*args, **kwargs)
        remember_answer(answer)
        return _failure_frame(args[5], args[7]) if _has_failed(answer) and args[6] == "MESSAGE" else answer

    async def handle_connections_api(
        method: str, api_id: str, stage: str, connection_id: str, body: bytes, headers: dict[str, str]
    ) -> Answer:
        if method == "POST" and len(body) > WEBSOCKET_MESSAGE.maximum:
            error = {"Content-Type": "application/json", "x-amzn-ErrorType": "PayloadTooLargeException"}
            return 413, error, json.dumps({"message": "Message too long", "connectionId": connection_id}).encode()
        answer: Answer = await connections(method, api_id, stage, connection_id, body, headers)
        return answer

    replacements = (evaluate_route_selection, invoke_ws_lambda, handle_connections_api)
    names.update(zip(_REPLACED, replacements, strict=True))


def _has_failed(answer: Any) -> bool:  # noqa: ANN401  MiniStack's own
    """Whether the function has ended with an error instead of a response: MiniStack sends that error to the client."""
    return (
        isinstance(answer, dict) and answer.get("statusCode") == _BAD_GATEWAY and '"errorType"' in str(answer["body"])
    )


def _failure_frame(connection_id: str, request_id: str) -> dict[str, Any]:
    """What a client gets from API Gateway for a message whose function has failed."""
    told = {"message": "Internal server error", "connectionId": connection_id, "requestId": request_id}
    return {"statusCode": 500, "body": json.dumps(told)}
