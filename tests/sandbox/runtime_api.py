"""A Runtime API of the test's own, for functions' processes without an emulator."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any

SECRET_PATH = "/path-of-this-api"
"""As the emulator adds one to the address."""


class RuntimeApi:
    """Hands out events and keeps the answers, with the client port that each request came from."""

    def __init__(self) -> None:
        self.events: Queue[object] = Queue()
        self.answers: Queue[tuple[str, Any]] = Queue()
        self.ports: list[int] = []
        self.address = ""


def handler_of(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            assert self.path.startswith(f"{SECRET_PATH}/2018-06-01/runtime/")
            api.ports.append(self.client_address[1])
            body = json.dumps(api.events.get()).encode()
            headers = {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": f"call-{len(api.ports)}",
                "Lambda-Runtime-Deadline-Ms": "9999999999999",
            }
            self._answer(200, body, headers)

        def do_POST(self) -> None:
            assert self.path.startswith(f"{SECRET_PATH}/2018-06-01/runtime/")
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            api.answers.put((self.path.rsplit("/", 1)[-1], body))
            self._answer(202, b"{}", {})

        def log_message(self, *_: object) -> None:
            """The test's output is not its log."""

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Functions are ended in the middle of a request: that is the test."""


@contextmanager
def serving_api() -> Iterator[RuntimeApi]:
    """Listens on a free port until the end of the block."""
    made = RuntimeApi()
    server = QuietServer(("127.0.0.1", 0), handler_of(made))
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    made.address = f"127.0.0.1:{server.server_port}{SECRET_PATH}"
    yield made
    made.events.put(None)
    server.shutdown()
    thread.join()
    server.server_close()
