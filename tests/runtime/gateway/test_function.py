import json
from collections.abc import Callable
from typing import Any

import pytest

from contract.events import EventType
from contract.limits import MAX_QUESTION_BYTES
from runtime.delivery.connections import Connections
from runtime.environment import GatewayEnvironment
from runtime.gateway.actions import Actions
from runtime.gateway.file_links import FileLinks
from runtime.gateway.function import Gateway, handler
from runtime.journal import Journal
from runtime.process.dispatch import Dispatcher

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
ARN = "arn:aws:iam::123456789012:user/jo"
Sent = list[tuple[str, dict[str, Any]]]
Serve = Callable[..., dict[str, int]]


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 29_000


class RecordingDispatcher(Dispatcher):
    def __init__(self, dispatched: list[str]) -> None:
        self._dispatched = dispatched

    def dispatch(self, run_id: str, traceparent: str = "") -> None:  # noqa: ARG002  as the original
        self._dispatched.append(run_id)


@pytest.fixture
def dispatched() -> list[str]:
    return []


@pytest.fixture
def authorization() -> str:
    return "NONE"


@pytest.fixture
def serve(
    monkeypatch: pytest.MonkeyPatch,
    memory_journal: Journal,
    connections: Connections,
    dispatched: list[str],
    authorization: str,
) -> Serve:
    """Calls Lambda's handler with an event as API Gateway makes it."""
    agents = ("data_analyst", "writer")
    links = FileLinks("payloads")
    actions = Actions(memory_journal, connections, RecordingDispatcher(dispatched), links, agents, run_timeout=900)
    monkeypatch.setattr(handler, "service", Gateway(authorization, memory_journal, connections, actions))

    def call(kind: str, body: str | None = None, connection_id: str = "c1", **event: object) -> dict[str, int]:
        identity = {"userArn": event.pop("arn", None)}
        context = {"eventType": kind, "routeKey": "$default", "connectionId": connection_id, "identity": identity}
        return handler({"requestContext": context, "body": body, "isBase64Encoded": False, **event}, Context())

    return call


@pytest.fixture
def say(serve: Serve, sent: Sent) -> Callable[..., list[dict[str, Any]]]:
    """Sends a frame on an open connection and returns the frames that came back on it."""
    serve("CONNECT", queryStringParameters={"user": "jo"})

    def send(body: object, **event: object) -> list[dict[str, Any]]:
        before = len(sent)
        text = body if isinstance(body, str) else json.dumps(body)
        assert serve("MESSAGE", text, **event) == {"statusCode": 200}
        return [frame for connection, frame in sent[before:] if connection == "c1"]

    return send


Say = Callable[..., list[dict[str, Any]]]


def test_connect_records_the_owner(serve: Serve, memory_journal: Journal) -> None:
    assert serve("CONNECT", queryStringParameters={"user": "jo"}) == {"statusCode": 200}
    assert memory_journal.connections.owner("c1") == "jo"


@pytest.mark.parametrize("authorization", ["AWS_IAM"])
def test_connect_under_iam_records_the_caller(serve: Serve, memory_journal: Journal) -> None:
    assert serve("CONNECT", arn=ARN) == {"statusCode": 200}
    assert memory_journal.connections.owner("c1") == ARN


@pytest.mark.parametrize("authorization", ["AWS_IAM"])
def test_connect_under_iam_without_identity_is_refused(serve: Serve) -> None:
    assert serve("CONNECT", queryStringParameters={"user": "jo"}) == {"statusCode": 403}


def test_connect_is_refused_when_the_owner_cannot_be_recorded(
    serve: Serve, memory_journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_journal.connections, "add", _out_of_order)

    assert serve("CONNECT") == {"statusCode": 500}


def test_disconnect_forgets_the_connection(say: Say, serve: Serve) -> None:
    assert serve("DISCONNECT") == {"statusCode": 200}
    assert [frame["code"] for frame in say({"action": "runs"})] == ["NOT_OWNER"]


def test_ping_is_answered_with_pong(say: Say) -> None:
    assert say({"action": "ping"}) == [{"type": "pong"}]


def test_a_warming_call_answers_nobody(serve: Serve, sent: Sent) -> None:
    assert serve("MESSAGE")["statusCode"] == 200
    sent.clear()

    assert handler({"warm": True}, Context()) == {"statusCode": 200}
    assert sent == []


def test_every_call_writes_one_line(say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()

    say({"action": "ping"})

    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["event"], line["route"], line["status"]) == ("gateway.served", "$default", 200)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "The frame is empty"),
        ("{", "not valid JSON"),
        ("\ufffd\x00", "not valid JSON"),
        ("[]", "JSON array"),
        ({}, "no action; known actions: start, resume, cancel, answer, ping, runs, files."),
        ({"action": "stop"}, 'Unknown action "stop"; known actions: start, resume, cancel, answer, ping, runs, files.'),
        ({"action": "start"}, "The question is missing"),
        ({"action": "start", "question": ""}, "The question is empty"),
        ({"action": "start", "question": "x" * (MAX_QUESTION_BYTES + 1)}, "the limit is 16384"),
        ({"action": "start", "question": "?", "agent": "poet"}, "'poet' is not deployed here; known agents: data_ana"),
        ({"action": "start", "question": "?", "run_id": "7"}, "36 characters"),
        ({"action": "start", "question": "?", "session_id": "é"}, "1 to 100 letters"),
        ({"action": "start", "question": "?", "colour": "red"}, 'Unknown key "colour"'),
        ({"action": "resume"}, "The run_id is missing"),
        ({"action": "resume", "run_id": RUN_ID, "after": "1"}, "whole number"),
        ({"action": "cancel", "run_id": 7}, "is not a UUID"),
        ({"action": "runs", "limit": 0}, "from 1 to 50"),
    ],
)
def test_a_bad_request_is_answered_with_a_sentence_and_starts_nothing(
    say: Say, dispatched: list[str], memory_journal: Journal, body: object, said: str
) -> None:
    (frame,) = say(body)

    assert (frame["type"], frame["code"]) == ("error", "INVALID_REQUEST")
    assert said in frame["error"]
    assert dispatched == []
    assert memory_journal.runs("jo") == []


def test_a_binary_frame_is_answered_with_a_sentence(say: Say) -> None:
    (frame,) = say("AAEC", isBase64Encoded=True)

    assert (frame["code"], "binary" in frame["error"]) == ("INVALID_REQUEST", True)


def test_an_unexpected_failure_is_told_without_its_trace_and_logged_with_it(
    say: Say, memory_journal: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory_journal, "accept", _out_of_order)

    (frame,) = say({"action": "start", "question": "Why?", "run_id": RUN_ID})

    assert (frame["type"], frame["code"], frame["run_id"]) == ("error", "INTERNAL", RUN_ID)
    assert "secret" not in json.dumps(frame)
    assert "ValueError: secret detail" in capsys.readouterr().out


def test_a_gateway_that_cannot_be_made_does_not_raise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LONGRUN_TABLE", raising=False)
    monkeypatch.setattr(handler, "service", None)
    event = {"requestContext": {"eventType": "MESSAGE", "connectionId": "c1", "routeKey": "ping"}, "body": "{}"}

    assert handler(event, Context()) == {"statusCode": 500}
    assert "LONGRUN_TABLE is not set" in capsys.readouterr().out


def test_a_caller_who_has_left_does_not_make_the_gateway_raise(say: Say, gone: set[str]) -> None:
    gone.add("c1")

    assert say({"action": "ping"}) == []


def test_an_error_for_a_caller_who_takes_no_frame_does_not_make_the_gateway_raise(
    serve: Serve, stuck: set[str]
) -> None:
    serve("CONNECT")
    stuck.add("c1")

    assert serve("MESSAGE", "{") == {"statusCode": 200}


def test_the_clients_are_made_once_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    variables = {
        "LONGRUN_TABLE": "journal",
        "LONGRUN_PAYLOAD_BUCKET": "payload",
        "LONGRUN_WORKER_FUNCTION": "worker",
        "LONGRUN_CALLBACK_URL": "https://abc.execute-api.us-east-1.amazonaws.com/live",
        "LONGRUN_AGENTS": "data_analyst",
        "LONGRUN_AUTHORIZATION": "AWS_IAM",
        "LONGRUN_RETENTION_DAYS": "30",
        "LONGRUN_RUN_TIMEOUT": "900",
    }

    gateway = Gateway.create(GatewayEnvironment.read(variables))

    assert gateway.serve({"requestContext": {"eventType": "CONNECT", "connectionId": "c1"}}, lambda: True) == 403


def test_the_owners_runs_are_listed_and_nobody_elses(say: Say, serve: Serve) -> None:
    serve("CONNECT", connection_id="c2", queryStringParameters={"user": "eve"})
    serve("MESSAGE", json.dumps({"action": "start", "question": "Hers?"}), "c2")
    say({"action": "start", "question": "First?"})
    say({"action": "start", "question": "Second?", "run_id": RUN_ID, "session_id": "s1", "agent": "writer"})

    (frame,) = say({"action": "runs"})

    assert [run["question"] for run in frame["runs"]] == ["Second?", "First?"]
    newest = frame["runs"][0]
    assert newest.pop("created_at").endswith("Z")
    assert newest == {
        "run_id": RUN_ID,
        "status": "QUEUED",
        "agent": "writer",
        "session_id": "s1",
        "question": "Second?",
        "open_questions": 0,
    }


@pytest.mark.parametrize("action", ["resume", "cancel"])
def test_another_users_run_is_refused(say: Say, serve: Serve, memory_journal: Journal, action: str) -> None:
    serve("CONNECT", connection_id="c2", queryStringParameters={"user": "eve"})
    serve("MESSAGE", json.dumps({"action": "start", "question": "Hers?", "run_id": RUN_ID}), "c2")

    (frame,) = say({"action": action, "run_id": RUN_ID})

    assert (frame["type"], frame["code"], frame["run_id"]) == ("error", "NOT_OWNER", RUN_ID)
    assert [event.type for event in memory_journal.read(RUN_ID)] == [EventType.RUN_ACCEPTED]
    assert "c1" not in memory_journal.head(RUN_ID).subscribers


@pytest.mark.parametrize("action", ["resume", "cancel"])
def test_an_unknown_run_is_refused(say: Say, action: str) -> None:
    (frame,) = say({"action": action, "run_id": RUN_ID})

    assert (frame["code"], frame["run_id"]) == ("UNKNOWN_RUN", RUN_ID)


def _out_of_order(*_: object) -> None:
    raise ValueError("secret detail")
