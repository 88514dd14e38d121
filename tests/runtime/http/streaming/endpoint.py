"""The endpoint's application over the journal without a table, and what its callers send."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.testclient import TestClient

from contract.events import EventType, Status
from contract.workspaces import SECRET_HEADER, WORKSPACE_HEADER
from runtime.delivery.answers import AnswerDelivery
from runtime.delivery.connections import NoConnections
from runtime.delivery.run_service import RunService
from runtime.delivery.turns import TurnDelivery
from runtime.http.streaming.app import create_app
from runtime.http.streaming.invocations import Invocation
from runtime.http.streaming.service import StreamingService
from runtime.journal import Journal, NewRun
from runtime.process.dispatch import Dispatcher
from runtime.process.task_tokens import TaskTokens
from tests.runtime.agentcore_door import served
from tests.runtime.memory_journal import MemoryJournal
from tests.runtime.memory_workspaces import MemoryWorkspaces
from tests.runtime.recorded_dispatcher import RecordedDispatcher

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
OTHER_ID = "01926e3c-7c1a-7d00-8000-0123456789ac"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:streaming"
HTTP_CONTEXT = json.dumps({"http": {"method": "POST", "path": "/events"}})


@dataclass
class RecordedEvents:
    """Notes Lambda's events, and says that each is done, unless `works` is False."""

    works: bool = True
    bodies: list[tuple[bytes, Invocation]] = field(default_factory=list)

    async def handle(self, body: bytes, invocation: Invocation) -> bool:
        self.bodies.append((body, invocation))
        return self.works


@dataclass(frozen=True)
class Message:
    """One server-sent event."""

    id: int
    event: str
    data: dict[str, Any]


class Endpoint:
    """An application whose workspace `acme` may ask the agents `first` and `second`."""

    def __init__(
        self,
        journal: Journal,
        seconds: float = 0.05,
        origins: tuple[str, ...] = (),
        agents: tuple[str, ...] = ("first", "second"),
        dispatcher: Dispatcher | None = None,
    ) -> None:
        self.journal: Any = journal
        self.workspaces = MemoryWorkspaces()
        journal.workspaces = self.workspaces
        self.secret = self.workspaces.create("acme", "first")
        self.second_secret = self.workspaces.create("acme", "second")
        self.dispatcher = RecordedDispatcher()
        self.events = RecordedEvents()
        answers = AnswerDelivery(journal, TurnDelivery(journal, NoConnections()), TaskTokens())
        runs = RunService(journal, dispatcher or self.dispatcher, answers, agents, 900)
        self.service = StreamingService(journal, runs, seconds)
        self.app: Starlette = create_app(self.service, self.events, origins)
        self.client = TestClient(self.app, client=("127.0.0.1", 50_000), raise_server_exceptions=True)

    @property
    def path(self) -> str:
        return f"/api/streams/acme/first/{self.secret}"

    @property
    def credentials(self) -> dict[str, str]:
        return {WORKSPACE_HEADER: "acme", SECRET_HEADER: self.secret}

    def start(self, run_id: str | None = RUN_ID, **fields: Any) -> Any:  # noqa: ANN401  a response
        given = {"question": "Why?", **({"run_id": run_id} if run_id else {}), **fields}
        return self.client.post(self.path, json=given)

    def accept(self) -> None:
        """The run RUN_ID, which is running."""
        self.journal.accept(NewRun(RUN_ID, RUN_ID, "workspace:acme", "first", "Why?", None, time.time() + 900))
        self.journal.claim(RUN_ID)

    def say(self, *texts: str) -> None:
        for text in texts:
            self.journal.add(RUN_ID, EventType.TEXT, {"text": text})

    def end(self) -> None:
        """The run's end, as its worker writes it."""
        self.journal.close(RUN_ID, EventType.RUN_SUCCEEDED, {"stop_reason": "end_turn"})

    def status(self) -> Status:
        found: Status = self.journal.head(RUN_ID).status
        return found

    def event_headers(self, seconds_left: float = 600.0) -> dict[str, str]:
        context = {"deadline": int((time.time() + seconds_left) * 1000), "invoked_function_arn": ARN}
        return {"x-amzn-lambda-context": json.dumps(context)}

    @contextmanager
    def live(self) -> Iterator[httpx.Client]:
        """A client of the application behind its genuine server."""
        with served(self.app) as url, httpx.Client(base_url=url, timeout=10) as client:
            yield client


def memory_endpoint(seconds: float = 0.05, origins: tuple[str, ...] = ()) -> Endpoint:
    return Endpoint(MemoryJournal(), seconds, origins)


def messages(text: str) -> list[Message]:
    """The events of a stream; its other lines are left out."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            found.append(Message(int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


def seqs(text: str) -> list[int]:
    return [message.id for message in messages(text)]


def logged(output: str) -> list[dict[str, Any]]:
    """The lines of the log."""
    return [json.loads(line) for line in output.splitlines()]
