"""The service of a function URL: requests in, replies out, over a scripted model and a journal in memory."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydantic import BaseModel

from contract.events import EventType
from sandbox.sidecar.traces.otlp import Span, read_spans
from tests.runtime.collector import Collector
from tests.runtime.http.traced.caller import PAGE, Caller
from tests.runtime.http.traced.requests import CALLER, unsigned, url_event
from tests.runtime.stage import Call, Do, Hold, Say, ScriptedModel, Stage

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECRET = "the words that nobody may find in a log"


class Count(BaseModel):
    rows: int


@pytest.fixture
def caller(stage: Stage, collector: Collector) -> Iterator[Caller]:
    made = Caller(stage, collector)
    yield made
    made.close()


def spans(collector: Collector) -> list[Span]:
    return [span for body in collector.bodies for span in read_spans(body, "application/x-protobuf", "")]


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_answer_comes_back_with_what_names_its_run_and_its_trace(caller: Caller, stage: Stage) -> None:
    status, reply = caller.ask({"query": "What is the capital of France?"})

    assert status == 200
    timestamp, run_id = reply.pop("timestamp"), reply.pop("run_id")
    assert timestamp.endswith("Z")
    assert reply == {
        "success": True,
        "query": "What is the capital of France?",
        "response": "Hello world",
        "langfuse_url": PAGE,
        "trace_filter": f"run-{run_id}",
    }
    assert [stage.types(run_id)[place] for place in (0, -1)] == ["RUN_ACCEPTED", "RUN_SUCCEEDED"]
    assert stage.text(run_id) == "Hello world"
    assert stage.journal.head(run_id).owner == CALLER


def test_the_trace_of_the_run_is_at_the_collector_when_the_reply_arrives(
    caller: Caller, stage: Stage, collector: Collector
) -> None:
    _, reply = caller.ask({"query": "How?", "session_id": "s-1", "metadata": {"ticket": "T-1"}})

    (root,) = spans(collector)
    assert root.attributes["langfuse.trace.tags"] == [reply["trace_filter"]]
    assert root.attributes["langfuse.observation.output"] == "Hello world"
    assert root.attributes["langfuse.trace.metadata.ticket"] == "T-1"
    assert root.attributes["user.id"] == CALLER
    assert root.attributes["longrun.usage.input_tokens"] == 10
    accepted = stage.journal.events[reply["run_id"]][0]
    assert accepted.data["trace_id"] == root.trace_id, "longrun trace finds it by the run"


def test_a_session_goes_on_in_the_next_request(caller: Caller, stage: Stage) -> None:
    for query in ("First?", "Second?"):
        assert caller.ask({"query": query, "session_id": "s-1"})[0] == 200

    assert [text for _, text in stage.said()] == ["First?", "Hello world", "Second?"]


def test_a_structured_answer_is_json(caller: Caller, stage: Stage) -> None:
    stage.model = ScriptedModel([[Call("Count", {"rows": 2})]])
    stage.options = {"structured_output_model": Count}

    status, reply = caller.ask()

    assert (status, json.loads(reply["response"])) == (200, {"rows": 2})


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "ConverseStream")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        pytest.param(refusal("AccessDeniedException"), 502, "MODEL_ERROR", id="the model refuses"),
        pytest.param(RuntimeError("a bug"), 500, "INTERNAL", id="the agent is broken"),
    ],
)
def test_a_run_that_fails_is_answered_with_its_code_and_the_status_that_fits(
    caller: Caller, stage: Stage, collector: Collector, error: Exception, status: int, code: str
) -> None:
    stage.model = ScriptedModel([[error]])

    found, reply = caller.ask({"query": "How?"})

    assert (found, reply["success"], reply["code"]) == (status, False, code)
    assert reply.keys() == {"success", "run_id", "timestamp", "query", "error", "code", "langfuse_url", "trace_filter"}
    assert stage.end(reply["run_id"]).type is EventType.RUN_FAILED
    assert spans(collector)[0].error == reply["error"]


def test_a_model_that_is_throttled_is_asked_again(
    caller: Caller, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.engine.retries.INITIAL_DELAY", 0)
    stage.model = ScriptedModel([[refusal("ThrottlingException")], [Say(["At last."])]])

    status, reply = caller.ask()

    assert (status, reply["response"]) == (200, "At last.")


def test_an_agent_that_uses_up_the_time_is_stopped_and_its_caller_told(caller: Caller, stage: Stage) -> None:
    stage.model = ScriptedModel([[Hold()]])

    status, reply = caller.ask(seconds=3.6)

    assert (status, reply["code"]) == (504, "TIMED_OUT")
    assert stage.end(reply["run_id"]).type is EventType.RUN_TIMED_OUT


def test_a_run_that_is_cancelled_from_elsewhere_ends_without_an_answer(caller: Caller, stage: Stage) -> None:
    def cancel() -> None:
        (run_id,) = stage.journal.heads
        stage.journal.request_cancel(run_id)

    stage.model = ScriptedModel([[Do(cancel), Hold()]])

    status, reply = caller.ask()

    assert (status, reply["success"]) == (409, False)
    assert "cancelled" in reply["error"]
    assert "code" not in reply


def test_a_bad_request_becomes_no_run_and_sends_no_span(caller: Caller, stage: Stage, collector: Collector) -> None:
    status, reply = caller.ask({"query": ""})

    assert (status, reply["code"], reply["success"]) == (400, "INVALID_REQUEST", False)
    assert not stage.journal.heads
    assert not collector.bodies


def test_a_request_without_a_signature_becomes_no_run(caller: Caller, stage: Stage) -> None:
    assert caller.send(unsigned(url_event()))[0] == 403
    assert not stage.journal.heads


def test_a_signed_request_may_be_below_a_span_of_its_caller(caller: Caller, collector: Collector) -> None:
    caller.ask(headers={"traceparent": GIVEN})

    assert spans(collector)[0].trace_id == GIVEN.split("-")[1]


def test_a_public_url_serves_anybody_in_a_trace_of_its_own(stage: Stage, collector: Collector) -> None:
    caller = Caller(stage, collector, "NONE")

    status, reply = caller.send(unsigned(url_event(headers={"traceparent": GIVEN})))
    caller.close()

    assert status == 200
    assert stage.journal.head(reply["run_id"]).owner == "public"
    assert spans(collector)[0].trace_id != GIVEN.split("-")[1]


def test_a_dead_collector_is_logged_and_the_answer_comes(
    caller: Caller, collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.status = 503

    assert caller.ask()[0] == 200

    assert [line["reason"] for line in lines(capsys) if line["event"] == "tracing.not_exported"] == ["HTTP 503"]


def test_a_collector_that_hangs_does_not_hold_the_answer_back(caller: Caller, collector: Collector) -> None:
    collector.hold = threading.Event()

    status, _ = caller.ask()

    assert status == 200
    assert collector.bodies
    collector.hold.set()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"query": SECRET}, id="a query"),
        pytest.param({"query": "?", SECRET: ""}, id="an unknown key"),
        pytest.param({"query": "?", "metadata": {"a": SECRET * 9}}, id="metadata"),
    ],
)
def test_no_log_repeats_what_a_caller_has_sent(
    caller: Caller, capsys: pytest.CaptureFixture[str], body: dict[str, Any]
) -> None:
    caller.ask(body, headers={"authorization": SECRET})

    assert SECRET not in capsys.readouterr().out


def test_a_run_that_cannot_be_recorded_is_an_error_with_its_id(
    caller: Caller, stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ConnectionError("the table is gone")

    monkeypatch.setattr(stage.journal, "claim", broken)

    status, reply = caller.ask()

    assert (status, reply["code"]) == (500, "INTERNAL")
    assert reply["run_id"] in reply["error"]
    assert "the table is gone" not in json.dumps(reply)
    assert any("the table is gone" in line.get("traceback", "") for line in lines(capsys))
