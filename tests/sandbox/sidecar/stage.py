"""A data plane with artifacts that a test writes, a control plane and logs of a few lines, and the real client."""

import json
import sys
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import boto3
import httpx
from botocore.config import Config
from mypy_boto3_bedrock_agentcore import BedrockAgentCoreClient
from starlette.applications import Starlette

from sandbox.access.keys import Keys
from sandbox.sidecar.agent_sessions.artifacts import Artifacts
from sandbox.sidecar.agent_sessions.emulator_calls import EmulatorCalls
from sandbox.sidecar.agent_sessions.errors import not_found
from sandbox.sidecar.agent_sessions.session_log import Event
from sandbox.sidecar.agent_sessions.sessions import Sessions
from sandbox.sidecar.agent_sessions.starter import Starter
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.agentcore.catalogue import Catalogue
from sandbox.sidecar.agentcore.service import AgentCore
from sandbox.sidecar.settings import SidecarSettings

ACCOUNT = "000000000000"
REGION = "us-east-1"
BUCKET = "artifacts"
NOWHERE = "http://127.0.0.1:9"
ENVIRONMENT = {"AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": NOWHERE, "GATEWAY_PORT": "9", "PATH": "/usr/bin:/bin"}
SITE_PACKAGES = Path(httpx.__file__).parents[1]

PLAIN = """
import json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_):
        pass
    def do_GET(self):
        self.reply(200 if self.path == "/ping" else 404, {"status": PING})
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = handle(json.loads(body), self)
        if status:
            self.reply(status, answer)
    def reply(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

PING = "Healthy"

def handle(event, request):
    return 200, {"pid": os.getpid(), "event": event}
"""
"""A server of the standard library on the contract's port; a test redefines `handle` and then calls `serve`."""

SERVE = '\nThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()\n'


def new_id() -> str:
    return str(uuid.uuid4())


class FakeControlPlane:
    """Runtimes by id with one endpoint each in addition to DEFAULT; a test may change what is described."""

    def __init__(self) -> None:
        self.versions: dict[str, dict[str, Any]] = {}
        self.endpoints: dict[tuple[str, str], dict[str, Any]] = {}
        self.asked = 0

    async def endpoint(self, runtime_id: str, name: str) -> Mapping[str, Any]:
        self.asked += 1
        if (runtime_id, name) not in self.endpoints:
            raise not_found(f"Endpoint {name} not found")
        return self.endpoints[runtime_id, name]

    async def version(self, runtime_id: str, number: str) -> Mapping[str, Any]:
        return self.versions[runtime_id] | {"agentRuntimeVersion": number}


class Runtime:
    """One agent runtime as its caller sees it."""

    def __init__(self, url: str, workspace: AgentWorkspace, arn: str, client: BedrockAgentCoreClient) -> None:
        self.url = url
        self.workspace = workspace
        self.arn = arn
        self.client = client

    def invoke(self, payload: object, session_id: str | None = None, **arguments: Any) -> Any:  # noqa: ANN401  JSON
        """The reply, parsed."""
        given = {"runtimeSessionId": session_id or new_id(), **arguments}
        answer = self.client.invoke_agent_runtime(
            agentRuntimeArn=self.arn, payload=json.dumps(payload).encode(), **given
        )
        return json.loads(answer["response"].read())

    def stop(self, session_id: str, **arguments: Any) -> Any:  # noqa: ANN401  boto3's
        return self.client.stop_runtime_session(agentRuntimeArn=self.arn, runtimeSessionId=session_id, **arguments)

    def sessions(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = httpx.get(f"{self.url}/_longrun/sessions").raise_for_status().json()["sessions"]
        return listed

    def kill(self, session_id: str) -> httpx.Response:
        return httpx.post(f"{self.url}/_longrun/sessions/{session_id}/kill")


class Stage:
    """Writes artifacts and serves them."""

    def __init__(self, folder: Path, serve: Callable[[Starlette], str], opened: ExitStack) -> None:
        self.control_plane = FakeControlPlane()
        self.shipped: list[tuple[str, str, list[Event]]] = []
        self.folder = folder
        self._serve = serve
        self._opened = opened

    def log(self) -> str:
        """What sessions have printed and the sandbox has added, as it was shipped."""
        return "\n".join(event.message for _, _, events in self.shipped for event in events)

    def runtime(
        self,
        files: Mapping[str, str],
        settings: Mapping[str, Any] | None = None,
        described: Mapping[str, Any] | None = None,
        site: bool = False,
    ) -> Runtime:
        """A runtime of the files, invoked through a data plane of its own; `settings` are SidecarSettings', `described`
        as GetAgentRuntime has it (`code` is its codeConfiguration). With `site`, the packages of the development
        environment lie in the artifact."""
        runtime_id = f"agent_{len(self.control_plane.versions)}-abcdefghij"
        folder = self.folder / runtime_id
        workspace = AgentWorkspace(NOWHERE, ENVIRONMENT, folder / "agentcore", folder / "logs")
        workspace.store(BUCKET, runtime_id, self._write(runtime_id, files, site))
        arn = self.describe(runtime_id, described or {})
        url = self._serve(self._app(workspace, SidecarSettings(**(settings or {}))))
        return Runtime(url, workspace, arn, self._client(url))

    def describe(self, runtime_id: str, described: Mapping[str, Any]) -> str:
        arn = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime/{runtime_id}"
        own = f"PYTHON_{sys.version_info.major}_{sys.version_info.minor}"
        code = {"code": {"s3": {"bucket": BUCKET, "prefix": runtime_id}}, "runtime": own, "entryPoint": ["main.py"]}
        code |= described.get("code", {})
        self.control_plane.versions[runtime_id] = {
            "agentRuntimeId": runtime_id,
            "agentRuntimeArn": arn,
            "status": "READY",
            "agentRuntimeArtifact": {"codeConfiguration": code},
            **{name: value for name, value in described.items() if name != "code"},
        }
        for name in ("DEFAULT", "live"):
            self.control_plane.endpoints[runtime_id, name] = {
                "agentRuntimeArn": arn,
                "liveVersion": "1",
                "status": "READY",
            }
        return arn

    def _write(self, runtime_id: str, files: Mapping[str, str], site: bool) -> Path:
        tree = self.folder / "trees" / runtime_id
        for name, text in files.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(text)
        if site:
            for entry in SITE_PACKAGES.iterdir():
                if not entry.name.startswith("__") and entry.suffix != ".pth":
                    (tree / entry.name).symlink_to(entry)
        return tree

    def _app(self, workspace: AgentWorkspace, settings: SidecarSettings) -> Starlette:
        artifacts = Artifacts(workspace, EmulatorCalls(NOWHERE, REGION, Keys.create()))
        starter = Starter(workspace, artifacts, settings.session_queue_seconds)
        sessions = Sessions(workspace, settings, starter, self._ship)
        agents = AgentCore(workspace, Catalogue(self.control_plane, ACCOUNT), artifacts, starter, sessions)

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncGenerator[None, None]:
            agents.begin()
            yield
            await agents.close()
            workspace.groups.end_all()

        return Starlette(routes=agents.routes(), lifespan=lifespan)

    async def _ship(self, group: str, stream: str, events: list[Event]) -> None:
        self.shipped.append((group, stream, events))

    def _client(self, url: str) -> BedrockAgentCoreClient:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
        config = Config(retries={"total_max_attempts": 1}, read_timeout=300, max_pool_connections=80, proxies={})
        client = session.client("bedrock-agentcore", endpoint_url=url, config=config)
        self._opened.callback(client.close)
        return cast(BedrockAgentCoreClient, client)
