"""The HTTP request that the Lambda Web Adapter makes of an event."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from sandbox.sidecar.image_functions.adapter_settings import AdapterSettings
from sandbox.sidecar.image_functions.function import Invocation

REQUEST_CONTEXT: Final = "x-amzn-request-context"
LAMBDA_CONTEXT: Final = "x-amzn-lambda-context"
_TRACE: Final = "x-amzn-trace-id"
_VERSION: Final = "2.0"
_OF_THE_CONNECTION: Final = frozenset(
    {"connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
_IN_A_PATH: Final = "/%:@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class AppRequest:
    """`target` is the path with its query. Header values may have any character, and are sent as UTF-8."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def app_request(invocation: Invocation, context: Mapping[str, Any], settings: AdapterSettings) -> AppRequest:
    """Returns the request for an event of the payload format 2.0, and for any other event one to the path for events.
    `context` is Lambda's of the invocation. Raises TypeError, ValueError or AttributeError for other fields."""
    event = json.loads(invocation.event)
    if is_http(event):
        method, target, headers, body = _http(event, settings)
        request_context: Any = event["requestContext"]
    else:
        method, target, headers = "POST", settings.events_path, {"content-type": "application/json"}
        body, request_context = invocation.event, None
    headers[REQUEST_CONTEXT] = json.dumps(request_context)
    headers[LAMBDA_CONTEXT] = json.dumps(context)
    headers[_TRACE] = invocation.trace
    return AppRequest(method, target, headers, body)


def is_http(event: Any) -> bool:  # noqa: ANN401  JSON
    """Whether an event is a request of the payload format 2.0."""
    if not isinstance(event, dict) or event.get("version") != _VERSION:
        return False
    context = event.get("requestContext")
    return isinstance(context, dict) and isinstance(context.get("http"), dict)


def _http(event: Mapping[str, Any], settings: AdapterSettings) -> tuple[str, str, dict[str, str], bytes]:
    path = str(event.get("rawPath") or "/")
    if base := settings.base_path:
        while path.startswith(base):
            path = path.removeprefix(base)
    target = "/" + quote(path.removeprefix("/"), safe=_IN_A_PATH)
    if query := event.get("rawQueryString"):
        target += f"?{query}"
    given = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    headers = {name: value for name, value in given.items() if name not in _OF_THE_CONNECTION}
    if cookies := event.get("cookies"):
        headers["cookie"] = ";".join(cookies)
    if settings.authorization:
        headers["authorization"] = headers.pop(settings.authorization.lower(), headers.get("authorization", ""))
    body = str(event.get("body") or "")
    content = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    return str(event["requestContext"]["http"]["method"]), target, headers, content
