"""An OpenAI-compatible server whose answers a test defines, for models that answer what they must not."""

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer of the model: text, then calls as (tool, arguments as the model writes them). `finish` is its finish
    reason, empty for a stream that just ends; `status` other than 200 is that of a response without an answer."""

    text: str = ""
    calls: Sequence[tuple[str, str]] = ()
    finish: str = "stop"
    status: int = 200

    def chunks(self, prefix: str) -> Iterator[Mapping[str, Any]]:
        for word in re.findall(r"\s*\S+", self.text):
            yield {"delta": {"content": word}}
        for index, (name, arguments) in enumerate(self.calls):
            call = {"index": index, "id": f"{prefix}-{index}", "function": {"name": name, "arguments": arguments}}
            yield {"delta": {"tool_calls": [call]}}
        if self.finish:
            yield {"delta": {}, "finish_reason": "tool_calls" if self.calls else self.finish}


@dataclass(slots=True)
class ModelServer:
    """`script` has the turns of each question; the last one is repeated. `url` is known once it serves."""

    script: Mapping[str, Sequence[Turn]]
    url: str = ""

    def turn(self, messages: Sequence[Mapping[str, Any]]) -> tuple[Turn, str]:
        """The turn that answers the conversation, and a prefix for the ids of its calls."""
        question = next(str(message["content"]) for message in messages if message["role"] == "user")
        number = sum(message["role"] == "assistant" for message in messages)
        turns = self.script[question]
        return turns[min(number, len(turns) - 1)], f"call-{number}"

    @contextmanager
    def serving(self) -> Iterator["ModelServer"]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


def _handler(model: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            turn, prefix = model.turn(body["messages"])
            self.send_response(turn.status)
            self.send_header("Content-Type", "text/event-stream" if turn.status == 200 else "application/json")
            self.end_headers()
            if turn.status != 200:
                self.wfile.write(b'{"error": {"message": "refused by the test"}}')
                return
            for choice in turn.chunks(prefix):
                self.wfile.write(b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n")
            if turn.finish:
                self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *_: object) -> None:
            """Not to the test's output."""

    return Handler
