"""A function's process against a Runtime API of the test's own."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from sandbox import bootstrap
from sandbox.environments import ensure_environment
from sandbox.paths import REPOSITORY, home
from tests.sandbox.harness import silent

pytestmark = pytest.mark.sandbox

CALLS = 3


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
            api.ports.append(self.client_address[1])
            body = json.dumps(api.events.get()).encode()
            headers = {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": f"call-{len(api.ports)}",
                "Lambda-Runtime-Deadline-Ms": "9999999999999",
            }
            self._answer(200, body, headers)

        def do_POST(self) -> None:
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


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    made = RuntimeApi()
    server = QuietServer(("127.0.0.1", 0), handler_of(made))
    thread = Thread(target=server.serve_forever)
    thread.start()
    made.address = f"127.0.0.1:{server.server_port}"
    yield made
    made.events.put(None)
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def serving(api: RuntimeApi, folder: Path, code: str) -> "Iterator[subprocess.Popen[str]]":
    """The process of a function with this code."""
    (folder / "app.py").write_text(code)
    python = ensure_environment("functions", REPOSITORY / "requirements" / "functions.txt", home(), silent)
    env = {"AWS_LAMBDA_RUNTIME_API": api.address, "AWS_LAMBDA_FUNCTION_NAME": "f", "_HANDLER": "app.handler"}
    process = subprocess.Popen(
        [str(python), "-P", bootstrap.__file__, str(folder)],
        env={**env, "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_each_call_has_a_connection_of_its_own_and_a_line_of_output(api: RuntimeApi, tmp_path: Path) -> None:
    with serving(api, tmp_path, "def handler(event, context): return [event, context.aws_request_id]") as process:
        for number in range(CALLS):
            api.events.put(number)
            assert api.answers.get(timeout=20) == ("response", [number, f"call-{number + 1}"])
        assert process.stdout
        lines = [json.loads(process.stdout.readline()) for _ in range(CALLS)]

    assert len(set(api.ports)) == len(api.ports)
    assert [(line["type"], line["requestId"], line["status"]) for line in lines] == [
        ("sandbox.call", f"call-{number + 1}", "success") for number in range(CALLS)
    ]


def test_an_error_is_posted_with_class_and_stack_and_the_next_call_is_served(api: RuntimeApi, tmp_path: Path) -> None:
    with serving(api, tmp_path, "def handler(event, context): return 1 / event"):
        api.events.put(0)
        kind, error = api.answers.get(timeout=20)
        api.events.put(1)

        assert (kind, error["errorType"]) == ("error", "ZeroDivisionError")
        assert "in handler" in "".join(error["stackTrace"])
        assert api.answers.get(timeout=20) == ("response", 1.0)


def test_code_that_cannot_be_imported_is_posted_as_an_error_of_the_start(api: RuntimeApi, tmp_path: Path) -> None:
    with serving(api, tmp_path, "import absent_module") as process:
        kind, error = api.answers.get(timeout=20)

        assert (kind, error["errorType"]) == ("error", "Runtime.ImportModuleError")
        assert process.wait(timeout=20) == 1


def test_it_ends_when_nobody_reads_what_it_prints_any_more(api: RuntimeApi, tmp_path: Path) -> None:
    with serving(api, tmp_path, "def handler(event, context): return 1") as process:
        api.events.put(0)
        api.answers.get(timeout=20)
        assert process.stdout

        process.stdout.close()

        assert process.wait(timeout=20) == 1
