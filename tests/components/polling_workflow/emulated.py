"""The definition on an emulator of its own: the real journal and table, and functions that a test answers for."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event
from typing import Any
from urllib.request import Request, urlopen

import boto3

from components.polling_workflow.definition import Targets, definition_text
from components.polling_workflow.limits import Limits
from contract.events import EventType
from contract.run_ids import new_run_id
from contract.sandbox_access import HEADER
from runtime.environment import JournalEnvironment
from runtime.journal import Journal, NewRun, RunWriter
from sandbox.access.keys import Keys
from sandbox.emulator_access import ACCOUNT
from sandbox.lifecycle.environments import ensure_environment
from sandbox.paths import REPOSITORY, home
from sandbox.supervisor.emulator import Emulator, EmulatorSettings, bind

REGION = "us-east-1"
TABLE = "runs"
PAYLOADS = "payloads"
PATIENCE = 60.0
KEYS = Keys.create()
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"

Answer = Callable[[Mapping[str, Any]], object]


class FunctionError(Exception):
    """Makes a stand-in fail: the emulator reports Runtime.HandlerError."""


@dataclass
class Functions:
    """Stand-ins by name, and what each was called with."""

    answers: dict[str, Answer] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def called(self, name: str) -> list[dict[str, Any]]:
        return [payload for called, payload in self.calls if called == name]


class EmulatedWorkflow:
    """An emulator with journal, table and functions; machines are made in it."""

    def __init__(self, endpoint: str, time_scale: float, functions: Functions) -> None:
        self.functions = functions
        self._endpoint = endpoint
        self._time_scale = time_scale
        session = boto3.Session(KEYS.key_id, KEYS.secret, region_name=REGION)
        self._dynamodb = session.client("dynamodb", endpoint_url=endpoint)
        self._lambda = session.client("lambda", endpoint_url=endpoint)
        self._states = session.client("stepfunctions", endpoint_url=endpoint)
        environment = JournalEnvironment(TABLE, PAYLOADS, 1)
        self.journal = Journal.create(environment, self._dynamodb, session.client("s3", endpoint_url=endpoint))
        self._machines = 0

    @contextmanager
    def waits_scaled(self, scale: float) -> Iterator[None]:
        """Other waits than the emulated_workflow's own, for as long as it lasts."""
        self._scale_waits(scale)
        try:
            yield
        finally:
            self._scale_waits(self._time_scale)

    def _scale_waits(self, scale: float) -> None:
        body = json.dumps({"stepfunctions._SFN_WAIT_SCALE": scale}).encode()
        headers = {"Content-Type": "application/json", HEADER: KEYS.secret}
        request = Request(f"{self._endpoint}/_ministack/config", body, headers)  # noqa: S310  ours
        with urlopen(request) as answer:  # noqa: S310  as above
            assert answer.status == 200

    def prepare(self, url: str, names: Sequence[str]) -> None:
        self._dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        for name in names:
            self._lambda.create_function(
                FunctionName=name,
                Runtime="python3.13",
                Handler="app.handler",
                Role=ROLE,
                Timeout=10,
                Code={"ZipFile": _empty_zip()},
                Environment={"Variables": {"MINISTACK_LAMBDA_PROXY_URL": f"{url}/{name}"}},
            )

    def accept(self, *agents: str) -> str:
        """A run in the journal, as the start handler accepts it; that handler answers from now on."""
        run_id = new_run_id()
        run = NewRun(
            run_id, run_id, "somebody", "pipeline", "Why?", None, time.time() + 3_600, workflow="own", agents=agents
        )
        self.journal.accept(run)
        taken = {"claimed": True, "run_id": run_id, "agents": list(agents), "traceparent": "00-1-2-01"}
        self.functions.calls.clear()
        self.functions.answers["start"] = lambda _: taken
        return run_id

    def begin(self, run_id: str, step: int) -> RunWriter:
        """As an agent begins a step."""
        head, seq = self.journal.claim_step(run_id, step)
        return RunWriter(self.journal, head, seq)

    def complete(self, run_id: str, step: int, *, last: bool) -> None:
        """As an agent works one off, and ends the run after the last."""
        writer = self.begin(run_id, step)
        writer.complete_step(step, f"output-{step}", {"step": step}, {})
        if last:
            writer.finish(EventType.RUN_SUCCEEDED, {}, {})

    def report_success(self, token: str, output: object) -> None:
        """As a container, or whoever has the answer to a question, reports by a task token."""
        self._states.send_task_success(taskToken=token, output=json.dumps(output))

    def report_failure(self, token: str, error: str, cause: str) -> None:
        """As Step Functions reports an error of the function that has the token."""
        self._states.send_task_failure(taskToken=token, error=error, cause=cause)

    def run(self, limits: Limits, event: Mapping[str, Any] | None = None, *, callback: bool = False) -> dict[str, Any]:
        """Runs a machine of these limits to its end: its description, with the output as a value."""
        targets = Targets("start", "invoker", "finalizer", TABLE, "aws")
        return self.run_text(definition_text(targets, limits, callback=callback), event)

    def run_text(self, text: str, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Runs a machine of this definition to its end, see run."""
        self._machines += 1
        client = self._states
        name = f"machine-{self._machines}"
        machine = client.create_state_machine(name=name, roleArn=ROLE, definition=text)["stateMachineArn"]
        execution = client.start_execution(stateMachineArn=machine, input=json.dumps(event or {}))["executionArn"]
        deadline, pause = time.monotonic() + PATIENCE, Event()
        while (found := client.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < deadline, f"the machine did not end within {PATIENCE} s"
            pause.wait(0.02)
        return {**found, "output": json.loads(found.get("output") or "null")}

    def entered_names(self, execution: str) -> list[str]:
        """The names of the states that an execution entered, in order."""
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=execution)
        details = (event.get("stateEnteredEventDetails") for page in pages for event in page["events"])
        return [detail["name"] for detail in details if detail]

    def entered(self, execution: str) -> list[str]:
        """The types of the states that an execution entered, in order."""
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=execution)
        types = [event["type"] for page in pages for event in page["events"]]
        return [kind.removesuffix("StateEntered") for kind in types if kind.endswith("StateEntered")]


@contextmanager
def emulated_workflow(
    folder: Path, time_scale: float, names: Sequence[str] = ("start", "invoker", "finalizer")
) -> Iterator[EmulatedWorkflow]:
    """An emulator on a free port, ended with everything in it."""
    python = ensure_environment("emulator", REPOSITORY / "requirements" / "sandbox.txt", home(), lambda _: None)
    settings = EmulatorSettings(
        python, folder / "emulator", folder / "log", REGION, "http://127.0.0.1:9", KEYS, time_scale=time_scale
    )
    functions = Functions()
    with _serving(functions) as url:
        emulator = Emulator.start(bind(0), settings)
        try:
            emulator.wait_ready()
            made = EmulatedWorkflow(emulator.endpoint, time_scale, functions)
            made.prepare(url, names)
            yield made
        finally:
            emulator.end()


@contextmanager
def _serving(functions: Functions) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            name = self.path.removeprefix("/")
            payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            functions.calls.append((name, payload))
            try:
                status, body = 200, json.dumps(functions.answers[name](payload)).encode()
            except FunctionError as error:
                status, body = 500, str(error).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class says so
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(server.serve_forever, 0.02)
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()


def _empty_zip() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("app.py", "")
    return body.getvalue()
