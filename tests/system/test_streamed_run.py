"""A question over the WebSocket: what is streamed, what is recorded, and that both are the same."""

import pytest

from tests.system.harness import EFFECT_QUESTION, LONG_QUESTION, Deployment, RawSocket, events_of, text_of, wait_for

pytestmark = pytest.mark.sandbox


def test_the_average_effect_is_computed_by_sql_from_the_data(ws: RawSocket) -> None:
    ws.send(action="start", question=EFFECT_QUESTION)
    frames = ws.until_end()
    events = events_of(frames)
    call = next(event["data"] for event in events if event["type"] == "TOOL_CALL")
    result = next(event["data"] for event in events if event["type"] == "TOOL_RESULT")
    assert call["name"] == "run_sql"
    assert "nsw" in call["input"]["query"]
    assert result["status"] == "success"
    assert "1794.3" in result["content"]
    assert "1,794" in text_of(frames)
    assert events[-1]["type"] == "RUN_SUCCEEDED"


def test_the_ack_comes_first_and_the_events_without_gap(ws: RawSocket) -> None:
    ws.send(action="start", question=EFFECT_QUESTION)
    frames = ws.until_end()
    assert frames[0]["type"] == "ack"
    assert frames[0]["action"] == "start"
    assert [event["seq"] for event in events_of(frames)] == list(range(1, len(frames)))
    assert events_of(frames)[0]["type"] == "RUN_ACCEPTED"


def test_the_stream_is_the_journal(deployment: Deployment, ws: RawSocket) -> None:
    ws.send(action="start", question=EFFECT_QUESTION)
    frames = ws.until_end()
    run_id = frames[0]["run_id"]
    assert deployment.journal(run_id) == [(event["seq"], event["type"]) for event in events_of(frames)]
    assert deployment.status(run_id) == "SUCCEEDED"


def test_text_arrives_while_the_model_still_speaks(deployment: Deployment, ws: RawSocket) -> None:
    deployment.model(token_ms=20)
    ws.send(action="start", question=LONG_QUESTION)
    frames = ws.until(lambda frame: frame["type"] == "event" and frame["event"]["type"] == "TEXT")
    run_id = frames[0]["run_id"]
    assert deployment.status(run_id) == "RUNNING"
    ws.ask(action="cancel", run_id=run_id)
    ws.until_end()


def test_many_tokens_share_a_frame(deployment: Deployment, ws: RawSocket) -> None:
    deployment.model(token_ms=5)
    ws.send(action="start", question=LONG_QUESTION)
    events = events_of(ws.until_end())
    tokens = sum(event["data"].get("output_tokens", 0) for event in events if event["type"] == "USAGE")
    assert tokens > 400
    assert len(events) < tokens / 10


def test_a_run_goes_on_when_its_socket_is_gone(deployment: Deployment, ws: RawSocket) -> None:
    with deployment.ws() as leaving:
        leaving.send(action="start", question=LONG_QUESTION)
        frames = leaving.until(lambda frame: frame["type"] == "event" and frame["event"]["type"] == "TEXT")
    run_id = frames[0]["run_id"]
    wait_for(lambda: deployment.status(run_id) == "SUCCEEDED", "the run to end without its socket")
    ws.send(action="resume", run_id=run_id, after=0)
    again = ws.until_end()
    assert [(event["seq"], event["type"]) for event in events_of(again)] == deployment.journal(run_id)


def test_a_second_reader_joins_in_the_middle_and_sees_the_same(deployment: Deployment, ws: RawSocket) -> None:
    ws.send(action="start", question=LONG_QUESTION)
    first = ws.until(lambda frame: frame["type"] == "event" and frame["event"]["type"] == "TEXT")
    with deployment.ws() as late:
        late.send(action="resume", run_id=first[0]["run_id"], after=0)
        seen = events_of(late.until_end())
    assert events_of(first + ws.until_end()) == seen


def test_an_ended_run_is_replayed_from_any_event(ws: RawSocket) -> None:
    ws.send(action="start", question=EFFECT_QUESTION)
    frames = ws.until_end()
    ws.send(action="resume", run_id=frames[0]["run_id"], after=3)
    assert events_of(ws.until_end()) == events_of(frames)[3:]


def test_cancel_keeps_the_partial_text(deployment: Deployment, ws: RawSocket) -> None:
    deployment.model(token_ms=20)
    ws.send(action="start", question=LONG_QUESTION)
    begun = ws.until(lambda frame: frame["type"] == "event" and frame["event"]["type"] == "TEXT")
    run_id = begun[0]["run_id"]
    ws.send(action="cancel", run_id=run_id)
    rest = ws.until_end()
    types = [event["type"] for event in events_of(rest)]
    assert types[-1] == "RUN_CANCELLED"
    assert "CANCEL_REQUESTED" in types
    assert deployment.status(run_id) == "CANCELLED"
    assert text_of(begun)


def test_a_session_keeps_the_conversation(ws: RawSocket) -> None:
    ws.send(action="start", question=EFFECT_QUESTION)
    session = ws.until_end()[0]["session_id"]
    ws.send(action="start", question="And in percent of the control group?", session_id=session)
    percent = text_of(ws.until_end())
    assert "39" in percent
    ws.send(action="start", question="What was my first question?", session_id=session)
    assert EFFECT_QUESTION in text_of(ws.until_end())


def test_the_same_start_twice_is_one_run(deployment: Deployment, ws: RawSocket) -> None:
    ws.send(action="start", question=EFFECT_QUESTION)
    frames = ws.until_end()
    run_id = frames[0]["run_id"]
    ws.send(action="start", question=EFFECT_QUESTION, run_id=run_id)
    again = ws.until_end()
    assert again[0]["run_id"] == run_id
    assert events_of(again) == events_of(frames)
    assert len(deployment.journal(run_id)) == len(events_of(frames))


def test_an_unknown_question_gets_an_honest_answer(ws: RawSocket) -> None:
    ws.send(action="start", question="Who will win the next election?")
    answer = text_of(ws.until_end())
    assert "script" in answer
    assert EFFECT_QUESTION in answer
