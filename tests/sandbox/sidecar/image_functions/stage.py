"""Functions from images that are folders, invoked as the emulator does it."""

import base64
import json
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from sandbox.sidecar.agent_sessions.session_log import Event
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.image_functions.service import ImageFunctionService
from sandbox.sidecar.settings import SidecarSettings
from tests.sandbox.sidecar.stage import ENVIRONMENT, NOWHERE

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:1"
STREAMS = {"AWS_LWA_INVOKE_MODE": "response_stream"}

APP = """
import json, os, pathlib, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = pathlib.Path(__file__).parent

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_):
        pass
    def do_GET(self):
        self.do(b"")
    def do_POST(self):
        self.do(self.rfile.read(int(self.headers.get("content-length", 0))))
    def do(self, body):
        name = self.path.partition("?")[0].strip("/") or "ready"
        getattr(self, name, self.echo)(body)
    def ready(self, _):
        self.reply(200, b"ready")
    def echo(self, body):
        told = {"method": self.command, "target": self.path, "headers": dict(self.headers.items()),
            "body": body.decode("latin-1"), "pid": os.getpid(), "variables": dict(os.environ)}
        self.reply(200, json.dumps(told).encode())
    def events(self, body):
        event = json.loads(body)
        print("event", event, flush=True)
        self.reply(event.get("status", 200), b"it was so")
    def slow(self, _):
        self.begin()
        self.chunk(b"first")
        wait("go")
        self.chunk(b"last")
        (HERE / "done").touch()
        self.chunk(b"")
    def dies(self, _):
        self.begin()
        self.chunk(b"first")
        print("no memory left", flush=True)
        wait("go")
        os._exit(3)
    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def begin(self):
        self.send_response(201)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
    def chunk(self, data):
        self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(data), data))

def wait(name):
    while not (HERE / name).exists():
        time.sleep(0.005)

class Server(ThreadingHTTPServer):
    daemon_threads = True
    def handle_error(self, *_):
        pass

if __name__ == "__main__":
    print("serves", flush=True)
    Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
"""A server of the standard library; its path `slow` waits for the file `go` before its last chunk."""


def http_event(path: str = "/", method: str = "GET", **fields: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    """An event of the payload format 2.0."""
    context = {"http": {"method": method, "path": path}, "requestId": "request-1"}
    return {"version": "2.0", "rawPath": path, "rawQueryString": "", "headers": {}, "requestContext": context} | fields


class Answer:
    """The sidecar's lines for one invocation, as they come."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.seen: list[dict[str, Any]] = []

    def next(self) -> dict[str, Any]:
        self.seen.append(json.loads(next(self._lines)))
        return self.seen[-1]

    def piece(self) -> bytes:
        return base64.b64decode(self.next()["data"])

    def rest(self) -> "Answer":
        self.seen += [json.loads(line) for line in self._lines]
        return self

    @property
    def data(self) -> bytes:
        return b"".join(base64.b64decode(line["data"]) for line in self.seen if "data" in line)

    @property
    def error(self) -> dict[str, str]:
        """That of the last line."""
        return dict(self.seen[-1]["error"])

    @property
    def http(self) -> tuple[dict[str, Any], bytes]:
        """The beginning of a streamed HTTP reply, and its body."""
        head, _, body = self.data.partition(bytes(8))
        return json.loads(head), body

    @property
    def json(self) -> Any:  # noqa: ANN401  JSON
        """The body of a streamed HTTP reply."""
        return json.loads(self.http[1])


class Functions:
    """One service, and the folder of the image."""

    def __init__(self, url: str, tree: Path, shipped: list[tuple[str, str, Event]]) -> None:
        self.url = url
        self.tree = tree
        self._shipped = shipped

    @contextmanager
    def call(self, event: object, **settings: Any) -> Iterator[Answer]:  # noqa: ANN401  as Lambda has them
        """An invocation that has begun; `settings` are those of the function."""
        asked = {"function": self._described(settings), "event": event, "request_id": str(uuid.uuid4()), "trace": ""}
        url = f"{self.url}/_longrun/functions/invocations"
        with httpx.stream("POST", url, json=asked, timeout=30, trust_env=False) as response:
            response.raise_for_status()
            yield Answer(response.iter_lines())

    def invoke(self, event: object, **settings: Any) -> Answer:  # noqa: ANN401  as Lambda has them
        """An invocation that has ended."""
        with self.call(event, **settings) as answer:
            return answer.rest()

    def get(self, path: str, **settings: Any) -> Any:  # noqa: ANN401  JSON
        """The JSON that the app returns."""
        return self.invoke(http_event(path), **settings).json

    def log(self) -> list[str]:
        return [event.message for _, _, event in self._shipped]

    def streams(self) -> set[tuple[str, str]]:
        """Groups and streams of the log."""
        return {(group, stream) for group, stream, _ in self._shipped}

    def environments(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = httpx.get(f"{self.url}/_longrun/functions").json()["environments"]
        return listed

    def _described(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        name = settings.get("name", "app")
        words = settings.get("words", ["python", "app.py"])
        return {
            "FunctionName": name,
            "FunctionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
            "Version": "$LATEST",
            "ImageUri": settings.get("image", IMAGE),
            "ImageConfigResponse": {"ImageConfig": {"EntryPoint": words[:1], "Command": words[1:]}},
            "Environment": {"Variables": STREAMS | settings.get("variables", {})},
            "MemorySize": 512,
            "Timeout": settings.get("timeout", 20),
        }


Serve = Callable[[Starlette], str]


class ImageStage:
    """Makes services, each with an image of its own."""

    def __init__(self, folder: Path, serve: Serve) -> None:
        self.folder = folder
        self._serve = serve

    def functions(
        self,
        files: Mapping[str, str] | None = None,
        limits: Mapping[str, Any] | None = None,
        init_seconds: float | None = None,
        **settings: Any,  # noqa: ANN401  as SidecarSettings has them
    ) -> Functions:
        """A service with an image of the files; `limits` are changes of PoolLimits."""
        folder = self.folder / uuid.uuid4().hex
        tree = folder / "tree"
        tree.mkdir(parents=True)
        for name, text in ({"app.py": APP} if files is None else files).items():
            (tree / name).write_text(text)
        shipped: list[tuple[str, str, Event]] = []

        async def ship(group: str, stream: str, events: list[Event]) -> None:
            shipped.extend((group, stream, event) for event in events)

        workspace = AgentWorkspace(NOWHERE, ENVIRONMENT_OF_IMAGES, folder / "agentcore", folder / "logs" / "agentcore")
        workspace.store_image(IMAGE, tree)
        service = ImageFunctionService.create(workspace, SidecarSettings(**settings), ship)
        parts = service.parts if init_seconds is None else replace(service.parts, init_seconds=init_seconds)
        service = ImageFunctionService(parts, replace(service.limits, **(limits or {})))

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncGenerator[None, None]:
            yield
            await service.close()
            workspace.groups.end_all()

        return Functions(self._serve(Starlette(routes=service.routes(), lifespan=lifespan)), tree, shipped)


ENVIRONMENT_OF_IMAGES = ENVIRONMENT | {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
