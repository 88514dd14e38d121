"""A sidecar that answers an invocation as a test says, line by line, and MiniStack's functions around it."""

# mypy: disable-error-code="type-arg"
# ruff: noqa: ARG001  the parameters are those of MiniStack

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from types import ModuleType
from typing import Any

HTTP_REPLY = "application/vnd.awslambda.http-integration-response"
CONFIG = {
    "FunctionName": "app",
    "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:app",
    "PackageType": "Image",
    "ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:1",
    "Timeout": 3,
    "State": "Active",
}
END: dict[str, Any] = {"end": {}}


def start(content_type: str = "application/json") -> dict[str, Any]:
    return {"start": {"content_type": content_type}}


def data(piece: bytes) -> dict[str, Any]:
    return {"data": base64.b64encode(piece).decode()}


def error(kind: str = "Own.Error", message: str = "it failed") -> dict[str, Any]:
    return {"error": {"errorType": kind, "errorMessage": message}}


class Sidecar:
    """`lines` are sent as they are put there, until a None; `asked` has the requests."""

    def __init__(self) -> None:
        self.lines: Queue[dict[str, Any] | None] = Queue()
        self.asked: Queue[tuple[str, dict[str, str], dict[str, Any]]] = Queue()
        self.url = ""

    def answer(self, *lines: dict[str, Any]) -> None:
        for line in (*lines, None):
            self.lines.put(line)


def _handler(sidecar: Sidecar) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sidecar.asked.put((self.path, dict(self.headers.items()), body))
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while (line := sidecar.lines.get()) is not None:
                self._chunk(json.dumps(line).encode() + b"\n")
            self._chunk(b"")

        def _chunk(self, content: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))

        def log_message(self, *_: object) -> None:
            """The test's output is not its log."""

    return Handler


@contextmanager
def serving_sidecar() -> Iterator[Sidecar]:
    made = Sidecar()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def _proxy_url_for(config: dict) -> str | None:
    return config.get("proxy")


def _execute_function_proxy(func: dict, event: dict, url: str, request_id: str) -> dict:
    return {"body": f"proxied to {url}"}


def _emit_lambda_logs(
    func: dict,
    request_id: str,
    log_text: str,
    error: bool,
    duration_ms: int,
    *,
    log_source: str | None = None,
) -> None:
    func["logged"].append(request_id)


def ministack(mode: str = "RESPONSE_STREAM", **changed: object) -> ModuleType:
    """MiniStack's functions, as far as the replacements know them. Its one URL invokes one function; a function that
    is no image answers by itself."""
    module = ModuleType("lambda_svc")
    config = {**CONFIG, **changed}

    async def handle_function_url_request(
        url_id: str,
        method: str,
        path: str,
        headers: dict,
        body: bytes,
        query_params: dict,
        resolved: tuple | None = None,
        source_ip: str | None = None,
    ) -> tuple:
        """Blocks in a thread with this context, and sends the result at the end, as MiniStack does."""
        names = vars(module)
        event = {"body": body.decode(), "headers": {"x-amzn-trace-id": "Root=1"}, "requestContext": {"requestId": "r1"}}
        url = names["_proxy_url_for"](config) or "nowhere"
        result = await asyncio.to_thread(names["_execute_function_proxy"], {"config": config}, event, url, "i1")
        return (502 if result.get("error") else 200), {}, json.dumps(result["body"]).encode()

    found = ("000000000000", "us-east-1", "app", None, {"AuthType": "AWS_IAM", "InvokeMode": mode})
    vars(module).update(
        _proxy_url_for=_proxy_url_for,
        _execute_function_proxy=_execute_function_proxy,
        _emit_lambda_logs=_emit_lambda_logs,
        handle_function_url_request=handle_function_url_request,
        resolve_function_url=lambda url_id: found if url_id == "known" else None,
        _get_func_record_for_ref_in_scope=lambda _name, **_scope: ({"config": config}, config, ""),
        _function_url_cors_headers=lambda _config, headers: (
            {"Access-Control-Allow-Origin": headers["origin"]} if "origin" in headers else {}
        ),
        _throttle_response=lambda reason_code, msg: {"throttle": True, "reason": reason_code, "message": msg},
        _xray_trace_id_for_invocation=lambda _config: None,
    )
    return module
