"""What a client gets for a request that cannot be served: a stable code, a message, and an open socket."""

import json
from uuid import uuid4

import pytest

from tests.system.harness import EFFECT_QUESTION, LONG_QUESTION, Deployment, Frame, RawSocket

pytestmark = pytest.mark.sandbox

ABSENT_RUN = "01890000-0000-7000-8000-000000000000"


def rejected(frame: Frame, code: str, *words: str) -> None:
    assert frame["type"] == "error"
    assert frame["code"] == code
    for word in words:
        assert word in frame["error"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("not json", ["JSON"]),
        ("[1, 2]", ["object"]),
        ("[" * 20_000, ["JSON"]),
        ('{"a":' * 6_000, ["JSON"]),
        ('{"action": ' + "[" * 15_000 + "]" * 15_000 + "}", ["JSON"]),
        ('{"action": "ping", "more": ' + '{"a":' * 3_000 + "1" + "}" * 3_000 + "}", ["JSON"]),
        (b"\x00\xff\x01", []),
        (json.dumps({"action": "fly"}), ["fly", "start", "resume", "cancel", "ping"]),
        (json.dumps({"question": "no action"}), ["action"]),
        (json.dumps({"action": "start"}), ["question"]),
        (json.dumps({"action": "start", "question": "  "}), ["question"]),
        (json.dumps({"action": "start", "question": "x" * 16_385}), ["16384", "16385"]),
        (json.dumps({"action": "start", "question": "hi", "agent": "nobody"}), ["nobody", "data_analyst"]),
        (json.dumps({"action": "start", "question": "hi", "run_id": "short"}), ["run_id"]),
        (json.dumps({"action": "resume", "run_id": ABSENT_RUN, "after": -1}), ["after"]),
        (json.dumps({"action": "resume"}), ["run_id"]),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str | bytes) else "",
)
def test_a_malformed_request_is_answered_with_what_to_do(ws: RawSocket, raw: str | bytes, words: list[str]) -> None:
    ws.socket.send(raw)
    rejected(ws.receive(), "INVALID_REQUEST", *words)
    assert ws.ask(action="ping")["type"] == "pong"


def test_an_unknown_run_is_not_found(ws: RawSocket) -> None:
    for action in ("resume", "cancel"):
        run_id = str(uuid4())
        rejected(ws.ask(action=action, run_id=run_id), "UNKNOWN_RUN", run_id)


def test_a_foreign_run_can_be_neither_read_nor_cancelled_nor_taken(deployment: Deployment, ws: RawSocket) -> None:
    ws.send(action="start", question=EFFECT_QUESTION)
    mine = ws.until_end()[0]
    with deployment.ws("mallory") as foreign:
        for action in ("resume", "cancel"):
            rejected(foreign.ask(action=action, run_id=mine["run_id"]), "NOT_OWNER")
        rejected(
            foreign.ask(action="start", question=EFFECT_QUESTION, run_id=mine["run_id"]),
            "NOT_OWNER",
        )
        rejected(foreign.ask(action="start", question="hi", session_id=mine["session_id"]), "NOT_OWNER")
        assert foreign.ask(action="runs")["runs"] == []


def test_the_same_run_id_with_another_question_is_a_conflict(ws: RawSocket) -> None:
    ws.send(action="start", question=EFFECT_QUESTION)
    run_id = ws.until_end()[0]["run_id"]
    rejected(ws.ask(action="start", question="Something else?", run_id=run_id), "CONFLICT", run_id)


def test_a_session_takes_one_run_at_a_time(ws: RawSocket) -> None:
    ws.send(action="start", question=LONG_QUESTION)
    active = ws.until(lambda frame: frame["type"] == "event")[0]
    answer = ws.ask(action="start", question="And then?", session_id=active["session_id"])
    rejected(answer, "CONFLICT", active["run_id"])
    ws.send(action="cancel", run_id=active["run_id"])
    ws.until_end()


def test_runs_are_listed_newest_first(deployment: Deployment) -> None:
    with deployment.ws("lister") as own:
        ids = []
        for _ in range(3):
            own.send(action="start", question=EFFECT_QUESTION)
            ids.append(own.until_end()[0]["run_id"])
        listed = own.ask(action="runs")["runs"]
    assert [run["run_id"] for run in listed] == ids[::-1]
    assert {run["status"] for run in listed} == {"SUCCEEDED"}
