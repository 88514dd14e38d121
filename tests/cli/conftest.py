"""A deployment that follows the run contract on a real WebSocket and responds from a script."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import Server, ServerConnection, serve

from sandbox.state import SandboxState, StateFolder
from tests.client.aws import Aws, serving

ROOT = Path(__file__).resolve().parents[2]
RUN_ID = "01990000-0000-7000-8000-000000000001"
SESSION_ID = "session-1"
Script = tuple[tuple[str, Mapping[str, Any]], ...]

TOOL = {"tool_use_id": "t1", "name": "run_sql"}
ANSWERED: Script = (
    ("RUN_ACCEPTED", {"question": "How much?", "agent": "data_analyst", "session_id": SESSION_ID}),
    ("AGENT_INVOCATION_STARTED", {}),
    ("TOOL_CALL", TOOL | {"input": {"sql": "SELECT 42 AS n"}}),
    ("TOOL_RESULT", TOOL | {"status": "success", "content": '{"columns": ["n"], "rows": [[42]]}'}),
    ("TEXT", {"text": "It is "}),
    ("TEXT", {"text": "42."}),
    ("RUN_SUCCEEDED", {"stop_reason": "end_turn"}),
)
FAILED: Script = (*ANSWERED[:2], ("RUN_FAILED", {"code": "MODEL_ERROR", "error": "The model refused the request."}))
CANCELLED: Script = (*ANSWERED[:5], ("CANCEL_REQUESTED", {}), ("RUN_CANCELLED", {"error": "The run was cancelled."}))
TIMED_OUT: Script = (*ANSWERED[:5], ("RUN_TIMED_OUT", {"error": "Query timeout - Lambda execution time limit reached"}))
QUESTION = {
    "question_id": "q-0123456789",
    "text": "Which estimator?",
    "schema": {"type": "string", "enum": ["regression", "weighting"]},
    "default": "regression",
    "expires_at": "2026-12-01T09:00:00.000Z",
}
WAITING: Script = (*ANSWERED[:4], ("QUESTION", QUESTION))
AFTER_ANSWER: Script = ANSWERED[4:]
STATE_MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:longrun-dev-agent-sm"
LOGGING = ("gateway", "worker", "closer", "event_door", "invoker", "workflow_closer", "agent")
UNFINISHED: Script = ANSWERED[:5]


def _turn(agent: str, step: int, words: str) -> Script:
    """What the journal has of one agent's turn."""
    data = {"agent": agent, "step": step}
    return (
        ("AGENT_INVOCATION_STARTED", data | {"attempt": 1}),
        ("AGENT_INVOCATION_SUCCEEDED", data),
        ("AGENT_BACKGROUND_TASK_STARTED", data),
        ("TEXT", {"text": words}),
        ("AGENT_BACKGROUND_TASK_COMPLETED", data),
    )


TRACE_ID = "6920b2a0aaaaaaaaaaaaaaaaaaaaaaaa"
WORKFLOW = {"agents": ["explorer", "estimator", "reporter"], "trace_id": TRACE_ID, "workflow": "arn:aws:states:x"}
IN_TURN: Script = (
    ("RUN_ACCEPTED", {"question": "How much?", "agent": "analysis", "session_id": RUN_ID} | WORKFLOW),
    *_turn("explorer", 1, "I looked."),
    *_turn("estimator", 2, "I counted."),
    *_turn("reporter", 3, "It rose by 1,794."),
    ("RUN_SUCCEEDED", {"stop_reason": "end_turn"}),
)
BETWEEN_STEPS: Script = IN_TURN[:6]
NOT_BEGUN: Script = IN_TURN[:1]
LOST: Script = (*IN_TURN[:4], ("RUN_FAILED", {"code": "AGENT_LOST", "error": "The agent's process ended."}))


@dataclass
class Deployment:
    """What the scripted server does and what it was asked. `script` is the run's journal, which `unknown` requests do
    not find yet; `refusal` answers `start`; `question` is that of the run listed; `files` is what the run made. An
    answer that is among `accepts` ends the run with AFTER_ANSWER, another one is rejected."""

    run_id: str = RUN_ID
    script: Script = ANSWERED
    refusal: tuple[str, str] | None = None
    unknown: int = 0
    question: str = "How much?"
    files: list[dict[str, Any]] = field(default_factory=list)
    accepts: tuple[str, ...] = ()
    received: list[dict[str, Any]] = field(default_factory=list)
    shown: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def events(self, after: int) -> Iterator[dict[str, Any]]:
        for seq, (kind, data) in enumerate(self.script, start=1):
            if seq > after:
                event = {
                    "run_id": self.run_id,
                    "seq": seq,
                    "type": kind,
                    "at": f"2025-11-21T09:00:{seq - 1:02}.000Z",
                    "data": data,
                }
                yield {"type": "event", "event": event}

    def answer(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        self.received.append(request)
        action = request["action"]
        ack = {"type": "ack", "action": action, "run_id": self.run_id, "session_id": SESSION_ID}
        if action == "ping":
            yield {"type": "pong"}
        elif self.refusal is not None:
            yield self.rejected(request, *self.refusal)
        elif self.unknown:
            self.unknown -= 1
            yield self.rejected(request, "UNKNOWN_RUN", "There is no such run.")
        elif action == "files":
            yield {"type": "files", "run_id": request["run_id"], "files": self.files, "more": False}
        elif action == "runs":
            head = {"run_id": RUN_ID, "status": "SUCCEEDED", "agent": "data_analyst", "session_id": SESSION_ID}
            asked = {"question": self.question, "created_at": "2025-11-21T09:00:00.000Z"}
            yield {"type": "runs", "runs": [head | asked]}
        elif action == "answer" and request["answer"] not in self.accepts:
            yield self.rejected(request, "INVALID_REQUEST", "The answer does not fit: it is not one of the choices.")
        elif action == "answer":
            yield ack
            seen = len(self.script)
            given = {"question_id": request.get("question_id"), "answer": request["answer"], "by": "user"}
            self.script = (*self.script, ("ANSWER", given), *AFTER_ANSWER)
            yield from self.events(seen)
        else:
            yield ack
            if action in {"start", "resume"}:
                yield from self.events(int(request.get("after", 0)))

    def rejected(self, request: dict[str, Any], code: str, message: str) -> dict[str, Any]:
        about = {"run_id": request["run_id"]} if "run_id" in request else {}
        return {"type": "error", "code": code, "error": message, "timestamp": "2025-11-21T09:00:00.000Z", **about}

    def serve(self, connection: ServerConnection) -> None:
        for message in connection:
            for frame in self.answer(json.loads(message)):
                connection.send(json.dumps(frame))
            self.shown.set()


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    scripted = Deployment()
    with serve(scripted.serve, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        scripted.url = f"ws://127.0.0.1:{_port(server)}"
        yield scripted
        server.shutdown()
        thread.join()


@pytest.fixture
def aws() -> Iterator[Aws]:
    with serving(Aws()) as services:
        yield services


@pytest.fixture
def sandbox(deployment: Deployment, aws: Aws, tmp_path: Path) -> Iterator[Path]:
    """The folder of a sandbox whose addresses are those of the scripted servers."""
    outputs = {
        "authorization": "NONE",
        "event_bus": "bus-1",
        "workflow_state_machine": STATE_MACHINE,
        "pipelines": {"analysis": ["explorer", "estimator", "reporter"], "data_analyst": ["data_analyst"]},
        **{f"{name}_log_group": f"/logs/{name}" for name in LOGGING},
    }
    folder = StateFolder(tmp_path / "sandbox")
    with folder.acquire():
        folder.write(
            SandboxState(
                running=True,
                endpoint=aws.url,
                sidecar_url=aws.url,
                region="us-east-1",
                pids={},
                started_at="2025-11-21T09:00:00+00:00",
                websocket_url=deployment.url,
                outputs=outputs,
                access_key_id="LONGRUN234567ABCDEFG",
                secret_access_key="of-a-test",
            )
        )
        yield folder.path


def _port(server: Server) -> int:
    port: int = server.socket.getsockname()[1]
    return port


Longrun = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a command: its own home, no terminal's settings."""
    kept = {name: value for name, value in os.environ.items() if name not in {"FORCE_COLOR", "COLUMNS", "NO_COLOR"}}
    return kept | {"LONGRUN_HOME": str(tmp_path / "home")}


@pytest.fixture
def longrun(environment: dict[str, str], tmp_path: Path) -> Longrun:
    """Runs `longrun` with the given words and returns its exit code and what it wrote."""

    def call(*words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603  our own command
            [sys.executable, "-m", "cli", *words],
            env=environment | {"PYTHONPATH": str(ROOT)} | variables,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call
