"""Runs of the traced function in the real journal: questions that cannot wait, and sessions."""

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from contract.events import EventType, Status
from contract.run_ids import new_run_id
from runtime.delivery.connections import Connections
from runtime.delivery.next_runs import NextRuns
from runtime.journal import Journal, NewRun
from runtime.process.dispatch import Dispatcher
from tests.runtime.collector import Collector
from tests.runtime.http.traced.caller import Caller
from tests.runtime.http.traced.requests import CALLER, url_event
from tests.runtime.journal_table import TABLE, MemoryPayloads
from tests.runtime.stage import Call, Do, Hold, Say, ScriptedModel
from tests.runtime.table_stage import TableStage
from tools.ask_user import ask_user

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def table_stage(dynamodb: "DynamoDBClient", connections: Connections) -> Iterator[TableStage]:
    made = TableStage(Journal(TABLE, dynamodb, MemoryPayloads({}), 30), connections)
    made.tools = [ask_user]
    yield made
    made.threads.close()


@pytest.fixture
def caller(table_stage: TableStage, collector: Collector) -> Iterator[Caller]:
    made = Caller(table_stage, collector)
    yield made
    made.close()


def test_a_question_with_a_default_gets_it_at_once(caller: Caller, table_stage: TableStage) -> None:
    asked = Call("ask_user", {"question": "Which year?", "default": "2024"})
    table_stage.model = ScriptedModel([[asked], [Say(["It is 2024."])]])

    status, reply = caller.ask({"query": "How many?"})

    assert (status, reply["response"]) == (200, "It is 2024.")
    (answer,) = table_stage.of(reply["run_id"], EventType.ANSWER)
    assert (answer.data["answer"], answer.data["by"]) == ("2024", "default")
    head = table_stage.head(reply["run_id"])
    assert (head.status, head.epoch) == (Status.SUCCEEDED, 2)


def test_a_question_that_only_a_person_can_answer_ends_the_run(caller: Caller, table_stage: TableStage) -> None:
    table_stage.model = ScriptedModel([[Call("ask_user", {"question": "May I?"})], [Say(["Done."])]])

    status, reply = caller.ask({"query": "Delete it."})

    assert (status, reply["code"]) == (400, "INVALID_REQUEST")
    assert "nobody can answer" in reply["error"]
    head = table_stage.head(reply["run_id"])
    assert head.status is Status.FAILED
    assert head.error is not None
    assert head.error["error"] == reply["error"]
    assert table_stage.types(reply["run_id"])[-2:] == ["QUESTION", "RUN_FAILED"]


def test_another_callers_session_is_not_continued(caller: Caller) -> None:
    session = f"s-{new_run_id()}"
    caller.ask({"query": "How?", "session_id": session})
    other = url_event({"query": "How?", "session_id": session})
    other["requestContext"]["authorizer"]["iam"]["userArn"] = "arn:aws:iam::123456789012:user/bob"

    status, reply = caller.send(other)

    assert (status, reply["code"], reply["success"]) == (403, "NOT_OWNER", False)


def test_a_session_at_work_takes_no_second_run_and_sends_no_span(
    caller: Caller, table_stage: TableStage, collector: Collector
) -> None:
    session = f"s-{new_run_id()}"
    busy = NewRun(new_run_id(), session, CALLER, "scripted", "First?", None, time.time() + 900)
    table_stage.table_journal.accept(busy)

    status, reply = caller.ask({"query": "Second?", "session_id": session})

    assert (status, reply["code"], reply["run_id"]) == (409, "CONFLICT", busy.run_id)
    assert not collector.bodies


class Worker(Dispatcher):
    """Keeps the runs that it is invoked for."""

    def __init__(self) -> None:
        self.runs: list[str] = []

    def dispatch(self, run_id: str, traceparent: str = "") -> None:  # noqa: ARG002  as the original
        self.runs.append(run_id)


def test_what_waits_for_the_end_of_a_run_is_handed_to_the_worker_after_it(
    table_stage: TableStage, collector: Collector
) -> None:
    worker, journal, session = Worker(), table_stage.table_journal, f"s-{new_run_id()}"
    caller = Caller(table_stage, collector, next_runs=NextRuns(journal, lambda: worker))
    waiting = NewRun(new_run_id(), session, CALLER, "scripted", "And?", None, time.time() + 900, if_busy="queue")
    table_stage.model = ScriptedModel([[Do(lambda: journal.accept(waiting)), Say(["So."])]])

    status, _ = caller.ask({"query": "How?", "session_id": session})
    caller.close()

    assert status == 200
    assert worker.runs == [waiting.run_id]


def test_who_follows_a_run_sees_it_while_its_caller_waits(
    table_stage: TableStage, caller: Caller, sent: list[tuple[str, dict[str, Any]]]
) -> None:
    journal, followed = table_stage.table_journal, threading.Event()

    def follow() -> None:
        (run,) = [head for head in journal.runs(CALLER, 1) if not head.status.is_terminal]
        journal.subscribe(run.run_id, "c1", 0)

    hold = Hold(followed)
    table_stage.model = ScriptedModel([[Do(follow), Do(lambda: _opened_when(sent, followed)), hold, Say(["So."])]])

    _, reply = caller.ask({"query": "How?"})

    events = [frame["event"]["type"] for connection, frame in sent if connection == "c1"]
    assert (events[0], events[-1]) == ("RUN_ACCEPTED", "RUN_SUCCEEDED")
    assert events == table_stage.types(reply["run_id"])


def _opened_when(sent: list[tuple[str, dict[str, Any]]], gate: threading.Event) -> None:
    """Let the model go on when the first frame has been posted."""

    def watch() -> None:
        while not sent:
            gate.wait(0.001)
        gate.set()

    threading.Thread(target=watch, daemon=True).start()
