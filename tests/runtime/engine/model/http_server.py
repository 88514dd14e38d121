"""A model service on a free port that gives prepared answers at the level of HTTP, so that they can end anywhere."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from sandbox.sidecar.bedrock.eventstream import encode_event, encode_exception


@dataclass(frozen=True)
class Answer:
    """`pieces` are sent one by one, and those that can be called are called between them, `first` before the status;
    `ends`: the body is ended as HTTP demands, otherwise the connection is closed in the middle of it."""

    pieces: Sequence[bytes | Callable[[], object]] = ()
    status: int = 200
    ends: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    first: Callable[[], object] = lambda: None


class ModelServer:
    """Gives one answer a request, the last one again and again."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.requests: list[Any] = []
        self.keys: list[str | None] = []
        self._answers = list(answers)
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                server.keys.append(self.headers["Authorization"])
                server.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                with suppress(ConnectionError):  # the client may have gone
                    server.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as the base class has it
                """Nothing: a test's output is its own."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        answer.first()
        handler.send_response(answer.status)
        for name, value in {"Transfer-Encoding": "chunked", "Connection": "close", **answer.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        for piece in answer.pieces:
            if callable(piece):
                piece()
                continue
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            handler.wfile.flush()
        if answer.ends:
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@contextmanager
def serving(*answers: Answer) -> Iterator[ModelServer]:
    server = ModelServer(answers)
    try:
        yield server
    finally:
        server.close()


def line(chunk: object) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()


DONE = b"data: [DONE]\n\n"


def delta(finish: str | None = None, **content: object) -> bytes:
    """A chat-completion chunk with this delta."""
    return line({"id": "c", "object": "chat.completion.chunk", "choices": [_choice(content, finish)]})


def call(name: str | None = "look", arguments: str = "", **fields: object) -> bytes:
    """A chunk with a part of a tool's call."""
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return delta(tool_calls=[{"index": 0, "id": "call_0", "type": "function", "function": function} | fields])


def chat(*chunks: bytes, ends: bool = True) -> Answer:
    return Answer(chunks, ends=ends, headers={"Content-Type": "text/event-stream"})


def refusal(status: int, body: object) -> Answer:
    return Answer([json.dumps(body).encode()], status, headers={"Content-Type": "application/json"})


def converse(*events: tuple[str, Mapping[str, Any]], ends: bool = True) -> Answer:
    """A stream of Bedrock's events; a name that ends in Exception is one inside the stream."""
    frames = [
        encode_exception(kind, str(body.get("message"))) if kind.endswith("Exception") else encode_event(kind, body)
        for kind, body in events
    ]
    return Answer(frames, ends=ends, headers={"Content-Type": "application/vnd.amazon.eventstream"})


def bedrock_refusal(status: int, code: str, message: str = "No.") -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return Answer([json.dumps({"message": message}).encode()], status, headers=headers)


def _choice(content: Mapping[str, object], finish: str | None) -> dict[str, object]:
    return {"index": 0, "delta": dict(content), "finish_reason": finish}
