import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.errors import ErrorCode
from contract.events import Event, EventType
from contract.limits import MAX_FRAME_BYTES
from runtime.delivery import frames

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
AT = "2026-11-21T09:00:00.000Z"


def _event(data: dict[str, Any], kind: EventType = EventType.TOOL_RESULT) -> Event:
    return Event(RUN_ID, 3, kind, AT, data)


def test_an_ack_names_the_action_and_the_ids() -> None:
    expected = {"type": "ack", "action": "start", "run_id": RUN_ID, "session_id": "s"}
    assert json.loads(frames.ack("start", RUN_ID, "s")) == expected


def test_a_pong_is_a_pong() -> None:
    assert json.loads(frames.pong()) == {"type": "pong"}


def test_an_error_has_code_sentence_time_and_the_run_if_it_is_about_one() -> None:
    about_a_run = json.loads(frames.error(ErrorCode.CONFLICT, "No.", RUN_ID))
    about_none = json.loads(frames.error(ErrorCode.INTERNAL, "No."))

    assert about_a_run.pop("timestamp").endswith("Z")
    assert about_a_run == {"type": "error", "error": "No.", "code": "CONFLICT", "run_id": RUN_ID}
    assert "run_id" not in about_none


@pytest.mark.parametrize("text", ["Hello", "x" * 40_000], ids=["small", "cut"])
def test_an_event_is_the_same_in_a_frame_and_alone(text: str) -> None:
    alone = frames.event_json(_event({"text": text}))

    assert json.loads(frames.event(_event({"text": text}))) == {"type": "event", "event": json.loads(alone)}
    assert b"\n" not in alone


def test_text_is_sent_as_it_is_not_as_escapes() -> None:
    assert "Größe 📈".encode() in frames.event(_event({"text": "Größe 📈"}, EventType.TEXT))


def test_half_of_a_surrogate_pair_is_replaced_because_a_frame_must_be_utf_8() -> None:
    frame = json.loads(frames.event(_event({"text": "a\ud800b"}, EventType.TEXT)))

    assert frame["event"]["data"] == {"text": "a?b"}


def test_an_event_that_fits_is_sent_whole() -> None:
    data = {"content": "x" * 32_000}

    assert json.loads(frames.event(_event(data)))["event"]["data"] == data


def test_an_event_too_large_keeps_its_short_values_and_says_that_it_was_cut() -> None:
    frame = frames.event(_event({"tool_use_id": "t1", "status": "success", "content": "x" * 200_000}))

    data = json.loads(frame)["event"]["data"]
    assert len(frame) <= MAX_FRAME_BYTES
    assert data["tool_use_id"] == "t1"
    assert data["truncated"] is True
    assert 10_000 < len(data["content"]) < 32_768
    assert data["content"].endswith("…")


def test_an_event_of_too_many_rows_keeps_what_is_beside_them() -> None:
    rows = [{"name": "x", "number": number} for number in range(5000)]

    data = json.loads(frames.event(_event({"tool_use_id": "t1", "rows": rows})))["event"]["data"]

    assert data == {"tool_use_id": "t1", "truncated": True}


def test_an_event_of_too_many_keys_says_that_it_was_cut() -> None:
    keys = {f"key {number}": number for number in range(5000)}

    assert json.loads(frames.event(_event(keys)))["event"]["data"] == {"truncated": True}


@settings(deadline=None)  # the largest take 60 ms on a free machine
@given(st.sampled_from(["a", "é", "📈", '"', "\x00"]), st.integers(0, 40_000), st.integers(0, 300))
def test_no_event_makes_a_frame_over_the_limit(character: str, length: int, items: int) -> None:
    rows = [{"name": character * (length // 100), "number": number} for number in range(items)]

    frame = frames.event(_event({"content": character * length, "rows": rows}))

    assert len(frame) <= MAX_FRAME_BYTES
    assert json.loads(frame)["event"]["seq"] == 3


def test_a_list_of_runs_drops_the_oldest_rather_than_exceed_the_limit() -> None:
    summary = {"run_id": RUN_ID, "status": "QUEUED", "agent": "a", "session_id": "s" * 128, "created_at": AT}
    many = [{**summary, "number": number, "question": "\x00" * 500} for number in range(50)]

    frame = frames.runs(many)

    runs = json.loads(frame)["runs"]
    assert len(frame) <= MAX_FRAME_BYTES
    assert [run["number"] for run in runs] == list(range(len(runs)))
    assert len(runs) > 10
    assert all(len(run["question"]) == 200 for run in runs)


def test_files_that_do_not_fit_are_left_for_the_next_frame() -> None:
    page = [{"name": f"{number}.png", "url": "x" * 4_000} for number in range(10)]

    frame = frames.files(RUN_ID, page, more=False)

    sent = json.loads(frame)
    assert len(frame) <= MAX_FRAME_BYTES
    assert sent["files"] == page[: len(sent["files"])]
    assert len(sent["files"]) > 5
    assert sent["more"] is True


def test_the_last_files_say_that_they_are() -> None:
    expected = {"type": "files", "run_id": RUN_ID, "files": [{"name": "a"}], "more": False}
    assert json.loads(frames.files(RUN_ID, [{"name": "a"}], more=False)) == expected
