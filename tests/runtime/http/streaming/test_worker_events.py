import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from contract.events import EventType, Status
from runtime.engine.runs.worker import Worker
from runtime.http.streaming.app import create_app
from runtime.http.streaming.environment import StreamingEnvironment
from runtime.http.streaming.invocations import Invocation
from runtime.http.streaming.worker_events import EventWorker
from runtime.process.dispatch import Dispatcher
from tests.runtime.agentcore_door import served
from tests.runtime.http.streaming.endpoint import ARN, RUN_ID, Endpoint, logged, messages
from tests.runtime.http.streaming.test_environment import VARIABLES
from tests.runtime.memory_journal import MemoryJournal
from tests.runtime.stage import Say, ScriptedModel, Stage


def invocation(seconds: float = 60.0) -> Invocation:
    return Invocation(ARN, time.time() + seconds)


@pytest.fixture
def events(stage: Stage) -> EventWorker:
    async def create() -> Worker:
        return stage.worker()

    return EventWorker(create)


def handle(events: EventWorker, *bodies: bytes) -> list[bool]:
    """Whether each was executed, one after the other on one event loop."""

    async def serve() -> list[bool]:
        return [await events.handle(body, invocation()) for body in bodies]

    return asyncio.run(serve())


def test_an_event_executes_its_run_to_the_end(
    stage: Stage, events: EventWorker, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = stage.accept(), stage.accept()

    assert handle(events, *(json.dumps({"run_id": run_id}).encode() for run_id in (first, second))) == [True, True]

    assert [stage.types(run_id)[-1] for run_id in (first, second)] == ["RUN_SUCCEEDED"] * 2
    assert stage.builds == 1
    assert [line["run_id"] for line in logged(capsys.readouterr().out) if line["event"] == "worker.served"] == [
        first,
        second,
    ]
    assert stage.timers.function_arn == ARN


def test_a_run_that_has_ended_is_not_executed_again(stage: Stage, events: EventWorker) -> None:
    run_id = stage.accept()
    body = json.dumps({"run_id": run_id}).encode()

    assert handle(events, body, body) == [True, True]

    assert stage.model.finished == 1


def test_a_warm_event_makes_the_worker_and_no_run(stage: Stage, events: EventWorker) -> None:
    assert handle(events, b'{"warm": true}') == [True]

    assert stage.builds == 1
    assert stage.journal.heads == {}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'"x"'])
def test_what_is_no_event_fails_and_the_log_says_why(
    events: EventWorker, body: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert handle(events, body) == [False]

    (failed,) = logged(capsys.readouterr().out)
    assert (failed["event"], failed["level"]) == ("worker.failed", "ERROR")


def test_an_end_that_could_not_be_written_fails_the_event(
    stage: Stage, events: EventWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_run_id: str) -> None:
        raise ConnectionError("the table is gone")

    monkeypatch.setattr(stage.journal, "claim", fail)

    assert handle(events, json.dumps({"run_id": stage.accept()}).encode()) == [False]


def test_a_worker_that_cannot_be_made_fails_the_event_and_is_tried_again(stage: Stage) -> None:
    problems: list[Exception] = [ImportError("no module strands")]

    async def create() -> Worker:
        if problems:
            raise problems.pop()
        return stage.worker()

    run_id = stage.accept()
    body = json.dumps({"run_id": run_id}).encode()

    assert handle(EventWorker(create), body, body) == [False, True]
    assert stage.end(run_id).type is EventType.RUN_SUCCEEDED


def test_the_worker_is_made_of_the_endpoints_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setattr("runtime.engine.runs.worker.Journal.create", lambda _: MemoryJournal())
    monkeypatch.setattr("tools.sql.tools.SqlChild", object)
    environment = StreamingEnvironment.read({**VARIABLES, "LONGRUN_AGENTS": "data_analyst"})

    assert handle(EventWorker.of(environment.worker), b'{"warm": true}') == [True]

    built = next(line for line in logged(capsys.readouterr().out) if line["event"] == "worker.orchestrator_built")
    assert built["status"]["agents"] == ["data_analyst"]


class Asynchronous(Dispatcher):
    """Invokes the endpoint's own function, as Lambda does with an event."""

    def __init__(self) -> None:
        self.url = ""
        self.threads = ThreadPoolExecutor(2)
        self.replies: list[int] = []
        self.headers: dict[str, str] = {}

    def dispatch(self, run_id: str, traceparent: str = "") -> None:  # noqa: ARG002  as the original
        self.threads.submit(self._post, run_id)

    def _post(self, run_id: str) -> None:
        reply = httpx.post(f"{self.url}/events", json={"run_id": run_id}, headers=self.headers, timeout=30)
        self.replies.append(reply.status_code)


@pytest.mark.parametrize("fails", [False, True])
def test_the_endpoint_executes_the_run_that_it_streams(stage: Stage, events: EventWorker, fails: bool) -> None:
    stage.model = ScriptedModel([[RuntimeError("no model") if fails else Say(["Be", "cause."])]])
    dispatcher = Asynchronous()
    endpoint = Endpoint(stage.journal, seconds=60, agents=("scripted",), dispatcher=dispatcher)
    secret = endpoint.workspaces.create("acme", "scripted")
    dispatcher.headers = endpoint.event_headers()

    with served(create_app(endpoint.service, events)) as dispatcher.url, dispatcher.threads:
        start = {"question": "Why?", "run_id": RUN_ID}
        reply = httpx.post(f"{dispatcher.url}/api/streams/acme/scripted/{secret}", json=start, timeout=30)

    stream = messages(reply.text)
    assert [message.id for message in stream] == list(range(1, len(stream) + 1))
    assert stream[-1].event == ("RUN_FAILED" if fails else "RUN_SUCCEEDED")
    assert endpoint.status() is (Status.FAILED if fails else Status.SUCCEEDED)
    assert dispatcher.replies == [200]
