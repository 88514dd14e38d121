"""Functions whose package is an image: the sidecar runs them, in the place of MiniStack's Docker containers.

MiniStack counts their calls, retries them and reports their ends as those of all functions. It has a mode in which it
passes a function's events on to an HTTP server; the replacements use it for images.
"""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit

from contract.sandbox_access import HEADER
from policies.rules.aws_limits import LAMBDA_PAYLOAD
from sandbox.emulator_process.emulated.known_module import replace, require_known
from sandbox.emulator_process.functions.reply_sinks import PreludeReader, ReplySink, ReplyStart, current_sink

_PROXY: Final = "_execute_function_proxy"
_URL: Final = "_proxy_url_for"
_LOGS: Final = "_emit_lambda_logs"
_REPLACED: Final = {
    _PROXY: "(func: dict, event: dict, url: str, request_id: str) -> dict",
    _URL: "(config: dict) -> str | None",
    _LOGS: (
        "(func: dict, request_id: str, log_text: str, error: bool, duration_ms: int, *, "
        "log_source: str | None = None) -> None"
    ),
}
_USED: Final = ("_throttle_response", "_xray_trace_id_for_invocation")
_PATH: Final = "/_longrun/functions/invocations"
_SETTINGS: Final = (
    *("Environment", "FunctionArn", "FunctionName", "ImageConfigResponse", "ImageUri", "LoggingConfig", "MemorySize"),
    *("Timeout", "Version"),
)
_THROTTLED: Final = "TooManyRequestsException"
_TOO_LARGE: Final = 413
_OK: Final = 200

Lines = Iterator[dict[str, Any]]


def is_image(config: Mapping[str, Any]) -> bool:
    """Whether a function's package is an image."""
    return config.get("PackageType") == "Image" and bool(config.get("ImageUri"))


class ImageFunctions:
    """The replacements, with the names of the functions that they replace. The address and the secret of the sidecar
    are those of this process's environment."""

    def __init__(self, module: ModuleType) -> None:
        self._names = vars(module)
        self._original = {name: self._names[name] for name in _REPLACED}
        self._address = os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"]
        self._headers = {HEADER: os.environ["AWS_SECRET_ACCESS_KEY"], "Content-Type": "application/json"}

    def proxy_url_for(self, config: Any) -> Any:  # noqa: ANN401  MiniStack's own, as the next
        return f"{self._address}{_PATH}" if is_image(config) else self._original[_URL](config)

    def execute_function_proxy(self, func: Any, event: Any, url: str, request_id: str) -> Any:  # noqa: ANN401
        """Returns the result as MiniStack has it. Where there is a sink, the reply goes there, and the result has no
        body."""
        config = func.get("config") or func
        if not is_image(config):
            return self._original[_PROXY](func, event, url, request_id)
        sink = _sink_of(event)
        asked = {
            "function": {name: config[name] for name in _SETTINGS if name in config},
            "event": event,
            "request_id": request_id,
            "trace": self._names["_xray_trace_id_for_invocation"](config) or _trace_of(event),
        }
        size = len(json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if not LAMBDA_PAYLOAD.allows(size):
            return _too_large(size, sink)
        try:
            lines = self._lines(url, asked)
            return self._streamed(lines, sink) if sink else self._whole(lines)
        except (OSError, HTTPException, ValueError) as error:
            return _failed("Sandbox.Error", f"the sandbox's sidecar gave no reply: {error}")

    def emit_lambda_logs(self, func: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """The sidecar writes the log of an image's environments."""
        if not is_image(func.get("config") or func):
            self._original[_LOGS](func, *args, **kwargs)

    def _whole(self, lines: Lines) -> dict[str, Any]:
        body = b""
        for line in lines:
            if "error" in line:
                return self._error(line["error"])
            body += base64.b64decode(line.get("data", ""))
        text = body.decode("utf-8", "replace")
        try:
            return {"body": json.loads(text) if text else None}
        except ValueError:
            return {"body": text, "raw_payload": True}

    def _streamed(self, lines: Lines, sink: ReplySink) -> dict[str, Any]:
        """An error ends the reply where it has begun, and is the result otherwise."""
        reader: PreludeReader | None = None
        failed: dict[str, Any] | None = None
        for line in lines:
            if "start" in line:
                reader = PreludeReader(line["start"]["content_type"])
            elif "data" in line and reader:
                _pass_on(sink, reader, reader.feed(base64.b64decode(line["data"])))
            elif "error" in line:
                failed = self._error(line["error"])
        if failed and (reader is None or reader.start is None):
            return failed
        if reader:
            _pass_on(sink, reader, reader.finish())
        sink.end()
        return failed or {"body": None}

    def _error(self, error: Mapping[str, str]) -> dict[str, Any]:
        kind, message = error["errorType"], error["errorMessage"]
        if kind == _THROTTLED:
            reason = "ConcurrentInvocationLimitExceeded"
            throttled: dict[str, Any] = self._names["_throttle_response"](reason_code=reason, msg=message)
            return throttled
        return _failed(kind, message)

    def _lines(self, url: str, asked: Mapping[str, Any]) -> Lines:
        """Yields the sidecar's lines. Raises OSError, HTTPException or ValueError."""
        place = urlsplit(url)
        connection = HTTPConnection(place.hostname or "", place.port)
        try:
            connection.request("POST", place.path, json.dumps(asked), self._headers)
            answer = connection.getresponse()
            if answer.status != _OK:
                raise OSError(f"it answered {answer.status}")
            ended = False
            for line in answer:
                told: dict[str, Any] = json.loads(line)
                ended = "end" in told or "error" in told
                yield told
            if not ended:
                raise OSError("its reply ended in the middle")
        finally:
            connection.close()


def _sink_of(event: Any) -> ReplySink | None:  # noqa: ANN401  JSON
    sink = current_sink.get()
    if sink is None or not sink.take():
        return None
    sink.request_id, sink.trace = event["requestContext"]["requestId"], _trace_of(event)
    return sink


def _pass_on(sink: ReplySink, reader: PreludeReader, piece: bytes) -> None:
    if reader.start is not None and not sink.began.done():
        sink.begin(reader.start)
    if piece:
        sink.add(piece)


def _too_large(size: int, sink: ReplySink | None) -> dict[str, Any]:
    message = f"Request must be smaller than {LAMBDA_PAYLOAD.maximum} bytes for the InvokeFunction operation ({size})"
    if sink:
        headers = {"content-type": "application/json", "x-amzn-errortype": "RequestTooLargeException"}
        sink.begin(ReplyStart(_TOO_LARGE, headers))
        sink.add(json.dumps({"Message": message}).encode())
        sink.end()
    return _failed("RequestTooLargeException", message)


def _failed(kind: str, message: str) -> dict[str, Any]:
    return {"body": {"errorType": kind, "errorMessage": message}, "error": True}


def _trace_of(event: Any) -> str:  # noqa: ANN401  JSON
    headers = event.get("headers") if isinstance(event, dict) else None
    return str(headers.get("x-amzn-trace-id") or "") if isinstance(headers, dict) else ""


def install(lambda_svc: ModuleType) -> None:
    """Replaces functions of `services.lambda_svc`. Raises ValueError for an unknown version of it."""
    require_known(lambda_svc, "Lambda", _REPLACED, _USED)
    replace(lambda_svc, ImageFunctions(lambda_svc), tuple(_REPLACED))
