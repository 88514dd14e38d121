import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from contract.events import Event, EventType
from contract.limits import MAX_FRAME_BYTES
from runtime.delivery import frames
from runtime.engine.failures import CutStreamError
from runtime.engine.translation import MAX_RESULT_CHARS, Translation


class Heard:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def text(self, delta: str) -> None:
        self.events.append(("TEXT", delta))

    def event(self, event_type: EventType, data: Mapping[str, Any]) -> None:
        self.events.append((event_type.value, data))


def said(text: str) -> dict[str, Any]:
    return {"data": text, "delta": {"text": text}}


def chunk(**content: object) -> dict[str, Any]:
    return {"event": content}


BEGIN = chunk(messageStart={"role": "assistant"})
STOP = chunk(messageStop={"stopReason": "end_turn"})
RESULT = {"result": SimpleNamespace(stop_reason="end_turn")}


def test_text_and_tools_are_told_in_order() -> None:
    heard = Heard()
    translation = Translation(heard)
    use = {"toolUseId": "t1", "name": "run_sql", "input": {"query": "SELECT 1"}}
    result = {"toolUseId": "t1", "status": "error", "content": [{"text": "no"}, {"json": {"rows": 1}}, {"image": {}}]}

    for event in (
        BEGIN,
        said("I look."),
        {"message": {"role": "assistant", "content": [{"text": "I look."}, {"toolUse": use}]}},
        {"message": {"role": "user", "content": [{"toolResult": result}]}},
        {"init_event_loop": True},
    ):
        translation.feed(event)

    assert heard.events == [
        ("TEXT", "I look."),
        ("TOOL_CALL", {"tool_use_id": "t1", "name": "run_sql", "input": {"query": "SELECT 1"}}),
        ("TOOL_RESULT", {"tool_use_id": "t1", "status": "error", "content": 'no\n{"rows": 1}\n[image]'}),
    ]


def test_tokens_of_all_model_calls_are_added_up() -> None:
    translation = Translation(Heard())
    for count in (10, 30):
        translation.feed(BEGIN)
        translation.feed(
            chunk(metadata={"usage": {"inputTokens": count, "outputTokens": 1, "cacheReadInputTokens": 5}})
        )

    assert translation.usage() == {"input_tokens": 40, "output_tokens": 2, "model_calls": 2, "cache_read_tokens": 10}


def test_a_run_without_a_model_call_has_used_nothing() -> None:
    assert Translation(Heard()).usage() == {"input_tokens": 0, "output_tokens": 0, "model_calls": 0}


def test_the_texts_of_two_messages_do_not_run_together() -> None:
    heard = Heard()
    translation = Translation(heard)
    for event in (BEGIN, said("I "), said("look."), STOP, {"message": {"role": "assistant", "content": []}}, BEGIN):
        translation.feed(event)
    for event in (said("It "), said("is 42.")):
        translation.feed(event)

    assert "".join(text for _, text in heard.events) == "I look.\n\nIt is 42."
    assert translation.partial_text == "It is 42."


def test_what_was_said_of_an_unfinished_message_is_known() -> None:
    translation = Translation(Heard())
    for event in (BEGIN, said("First."), STOP, {"message": {"role": "assistant", "content": [{"text": "First."}]}}):
        translation.feed(event)
    assert not translation.has_begun_message

    for event in (BEGIN, said("Sec"), said("ond")):
        translation.feed(event)

    assert translation.has_begun_message
    assert translation.partial_text == "Second"


def test_a_stream_that_breaks_off_is_not_taken_for_an_answer() -> None:
    translation = Translation(Heard())
    for event in (BEGIN, said("The effect was"), RESULT):
        translation.feed(event)

    with pytest.raises(CutStreamError):
        translation.check_end()


def test_a_stream_that_ends_its_message_is_an_answer() -> None:
    translation = Translation(Heard())
    for event in (BEGIN, said("Done."), STOP, RESULT):
        translation.feed(event)

    translation.check_end()
    assert translation.stop_reason == "end_turn"


def tool_call(value: object) -> Any:  # noqa: ANN401  what the sink is told of the input
    heard = Heard()
    use = {"toolUseId": "t1", "name": "run_sql", "input": {"value": value}}
    Translation(heard).feed({"message": {"role": "assistant", "content": [{"toolUse": use}]}})
    return heard.events[0][1]["input"]["value"]


def test_a_number_that_json_has_no_word_for_is_told_as_null() -> None:
    assert tool_call([1.5, float("nan"), {"x": float("-inf")}]) == [1.5, None, {"x": None}]


def test_a_deep_nest_in_a_tools_input_is_cut_so_that_it_can_be_written_and_framed() -> None:
    nest = json.loads("[" * 900 + '"' + "x" * MAX_FRAME_BYTES + '"' + "]" * 900)

    told = tool_call({"deep": nest, "flat": "x" * MAX_FRAME_BYTES})

    frame = frames.event(Event("r", 2, EventType.TOOL_CALL, "", {"input": told}))
    assert len(frame) <= MAX_FRAME_BYTES
    assert "…" in frame.decode()


def test_a_tools_result_is_told_up_to_a_limit() -> None:
    heard = Heard()
    content = [{"text": "x" * MAX_RESULT_CHARS}, {"text": "more"}]
    result = {"toolUseId": "t1", "status": "success", "content": content}

    Translation(heard).feed({"message": {"role": "user", "content": [{"toolResult": result}]}})

    told = heard.events[0][1]
    assert (len(told["content"]), told["truncated"]) == (MAX_RESULT_CHARS, True)


def test_the_final_text_is_what_the_agent_said_last() -> None:
    translation = Translation(Heard())
    answer = {"role": "assistant", "content": [{"reasoningContent": {}}, {"text": "1,794."}, {"text": "Give or take."}]}

    before = translation.final_text
    for event in (BEGIN, said("I look."), {"result": SimpleNamespace(stop_reason="end_turn", message=answer)}):
        translation.feed(event)

    assert (before, translation.final_text) == ("", "1,794.\nGive or take.")
