"""Answers of a model that just end, at every point and from either provider."""

import json
from typing import Any

import pytest

from tests.runtime.engine.model.conftest import Ask
from tests.runtime.engine.model.http_server import DONE, Answer, call, chat, converse, delta, line, serving
from tests.runtime.stage import Stage

ANSWERED = chat(delta(content="Done."), delta("stop"), DONE)
START: tuple[str, Any] = ("messageStart", {"role": "assistant"})
TEXT: tuple[str, Any] = ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "The effect was"}})
TEXT_STOP: tuple[str, Any] = ("contentBlockStop", {"contentBlockIndex": 0})
USE: tuple[str, Any] = (
    "contentBlockStart",
    {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t1", "name": "look"}}},
)
USE_STOP: tuple[str, Any] = ("contentBlockStop", {"contentBlockIndex": 1})


def arguments(text: str) -> tuple[str, Any]:
    return ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": text}}})


def stop(reason: str) -> tuple[str, Any]:
    return ("messageStop", {"stopReason": reason})


KEPT = "the model's answer broke off; the text so far is kept, ask again for the rest"
CUT_CALL = "the model's answer broke off inside a call of the tool look, which was not run; "


@pytest.mark.parametrize(
    ("answer", "text", "message"),
    [
        (chat(delta(content="The effect"), delta(content=" was")), "The effect was", KEPT),
        (chat(delta(content="The effect was"), DONE), "The effect was", KEPT),
        (chat(delta(content="The effect was"), ends=False), "The effect was", KEPT),
        (chat(delta(content="The effect was"), delta("error"), DONE), "The effect was", KEPT),
        (chat(delta(content="The effect was"), delta("a_reason_of_next_year"), DONE), "The effect was", KEPT),
        (chat(delta(content="The effect was"), b"data: {not json\n\n"), "The effect was", KEPT),
        (chat(delta(content="The effect was"), line({"error": {"message": "crash"}})), "The effect was", KEPT),
        (chat(delta(content="The effect was"), line({"error": {"message": "rate limit"}})), "The effect was", None),
        (chat(call(arguments='{"pla')), "", f"{CUT_CALL}ask again"),
        (chat(call(arguments='{"pla'), DONE), "", f"{CUT_CALL}ask again"),
        (chat(call(arguments='{"pla'), ends=False), "", f"{CUT_CALL}ask again"),
        (chat(call(arguments='{"place": "x"}')), "", f"{CUT_CALL}ask again"),
        (
            chat(delta(content="I look."), call(), call(None, "{")),
            "I look.",
            f"{CUT_CALL}the text so far is kept, ask again for the rest",
        ),
    ],
)
def test_a_stream_without_a_finish_reason_is_a_model_error_and_runs_no_tool(
    stage: Stage, ask_openai: Ask, ran: list[str], answer: Answer, text: str, message: str | None
) -> None:
    with serving(answer, ANSWERED) as server:
        run_id = ask_openai(server)

    end = stage.end(run_id)
    assert end.type.value == "RUN_FAILED"
    assert "broke off" in end.data["error"]
    if message is not None:
        assert (end.data["code"], end.data["error"]) == ("MODEL_ERROR", message)
    assert stage.text(run_id) == text
    assert ran == []
    assert "TOOL_CALL" not in stage.types(run_id)
    assert len(server.requests) == 1, "a second call would say the text twice"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (converse(START, TEXT), "The effect was"),
        (converse(START, TEXT, TEXT_STOP), "The effect was"),
        (converse(START, TEXT, ends=False), "The effect was"),
        (converse(START, TEXT, ("modelStreamErrorException", {"message": "No."})), "The effect was"),
        (converse(START, USE, arguments('{"pla')), ""),
        (converse(START, USE, arguments('{"place": "x"}'), USE_STOP), ""),
        (converse(START, USE, arguments('{"pla'), ends=False), ""),
        (converse(START, USE, arguments('{"pla'), ("internalServerException", {"message": "No."})), ""),
    ],
)
def test_a_converse_stream_without_message_stop_is_a_model_error_and_runs_no_tool(
    stage: Stage, ask_bedrock: Ask, ran: list[str], answer: Answer, text: str
) -> None:
    with serving(answer, converse(START, TEXT, TEXT_STOP, stop("end_turn"))) as server:
        run_id = ask_bedrock(server)

    end = stage.end(run_id)
    assert (end.type.value, end.data["code"]) == ("RUN_FAILED", "MODEL_ERROR")
    assert "broke off" in end.data["error"]
    assert stage.text(run_id) == text
    assert ran == []
    assert "TOOL_CALL" not in stage.types(run_id)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "begin",
    [chat(), chat(ends=False), chat(DONE), chat(line({"error": {"message": "busy", "type": "overloaded_error"}}))],
)
def test_an_answer_that_ends_before_it_begins_is_asked_for_again(stage: Stage, ask_openai: Ask, begin: Answer) -> None:
    with serving(begin, ANSWERED) as server:
        run_id = ask_openai(server)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert stage.text(run_id) == "Done."
    retries = [event.data for event in stage.journal.events[run_id] if "attempt" in event.data]
    assert [(retry["attempt"], retry["code"]) for retry in retries] == [(1, "MODEL_ERROR")]


def test_a_converse_stream_that_ends_before_its_message_is_asked_for_again(stage: Stage, ask_bedrock: Ask) -> None:
    whole = converse(START, TEXT, TEXT_STOP, stop("end_turn"))
    with serving(converse(START), converse(START, ("internalServerException", {})), whole) as server:
        run_id = ask_bedrock(server)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert stage.text(run_id) == "The effect was"
    reasons = [event.data["reason"] for event in stage.journal.events[run_id] if "attempt" in event.data]
    assert reasons == ["EmptyAnswer", "InternalServerException"]


def test_a_server_that_never_answers_names_its_url_as_a_cause(stage: Stage, ask_openai: Ask) -> None:
    page = Answer([b"<html>Welcome</html>"], headers={"Content-Type": "text/html"})
    with serving(page) as server:
        run_id = ask_openai(server)

    assert stage.end(run_id).data["code"] == "MODEL_ERROR"
    assert "check the configured model and URL" in stage.end(run_id).data["error"]
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "answer",
    [
        chat(delta(content="Done."), delta("stop")),
        chat(delta(content="Done."), delta("stop"), ends=False),
        chat(delta("stop", content="Done."), b"data: {not json\n\n"),
        chat(delta(content="Done."), delta("end_turn"), DONE),
        chat(line({"choices": [{"index": 0, "finish_reason": None}]}), delta(content="Done."), delta("stop"), DONE),
    ],
)
def test_an_answer_with_its_finish_reason_is_whole_whatever_follows(
    stage: Stage, ask_openai: Ask, answer: Answer
) -> None:
    with serving(answer) as server:
        run_id = ask_openai(server)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert stage.text(run_id) == "Done."


def test_a_converse_stream_that_breaks_after_its_message_is_whole(stage: Stage, ask_bedrock: Ask) -> None:
    with serving(converse(START, TEXT, TEXT_STOP, stop("end_turn"), ends=False)) as server:
        run_id = ask_bedrock(server)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert stage.text(run_id) == "The effect was"


def test_the_tokens_after_the_finish_reason_are_counted(stage: Stage, ask_openai: Ask) -> None:
    usage = line({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}})
    with serving(chat(delta(content="Done."), delta("stop"), usage, DONE)) as server:
        run_id = ask_openai(server)

    (counted,) = [event.data for event in stage.journal.events[run_id] if event.type.value == "USAGE"]
    assert (counted["input_tokens"], counted["output_tokens"]) == (11, 3)


@pytest.mark.parametrize("given", ['{"place": "x', "[1, 2]", '"x"', "place=x"])
def test_arguments_that_are_no_json_object_are_told_to_the_model_and_run_no_tool(
    stage: Stage, ask_openai: Ask, ran: list[str], given: str
) -> None:
    again = chat(call(arguments='{"place": "there"}', id="call_1"), delta("tool_calls"), DONE)
    with serving(chat(call(arguments=given), delta("tool_calls"), DONE), again, ANSWERED) as server:
        run_id = ask_openai(server)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert ran == ["there"]
    refused = server.requests[1]["messages"][-1]
    assert (refused["role"], refused["tool_call_id"]) == ("tool", "call_0")
    assert "not run: its arguments are not a JSON object" in refused["content"]
    kept = server.requests[1]["messages"][-2]["tool_calls"][0]["function"]["arguments"]
    assert isinstance(json.loads(kept), dict), "a model's history takes nothing else"


def test_arguments_that_are_nested_too_deeply_are_a_model_error(stage: Stage, ask_openai: Ask, ran: list[str]) -> None:
    with serving(chat(call(arguments="[" * 100_000), delta("tool_calls"), DONE), ANSWERED) as server:
        run_id = ask_openai(server)

    end = stage.end(run_id)
    assert (end.type.value, end.data["code"]) == ("RUN_FAILED", "MODEL_ERROR")
    assert "nested too deeply" in end.data["error"]
    assert ran == []


@pytest.mark.parametrize("given", ["", "  ", "null", "{}"])
def test_a_tool_without_arguments_is_run(stage: Stage, ask_openai: Ask, ran: list[str], given: str) -> None:
    with serving(chat(call(arguments=given), delta("tool_calls"), DONE), ANSWERED) as server:
        run_id = ask_openai(server)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert ran == ["everywhere"]


def test_a_call_without_a_tools_name_is_a_model_error(stage: Stage, ask_openai: Ask, ran: list[str]) -> None:
    with serving(chat(call(None, "{}"), delta("tool_calls"), DONE), ANSWERED) as server:
        run_id = ask_openai(server)

    end = stage.end(run_id)
    assert (end.type.value, end.data["code"]) == ("RUN_FAILED", "MODEL_ERROR")
    assert end.data["error"].startswith("the model called a tool without a name; ")
    assert ran == []


def test_arguments_that_reach_the_token_limit_run_no_tool(stage: Stage, ask_openai: Ask, ran: list[str]) -> None:
    with serving(chat(call(arguments='{"pla'), delta("length"), DONE), ANSWERED) as server:
        run_id = ask_openai(server)

    end = stage.end(run_id)
    assert (end.type.value, end.data["code"]) == ("RUN_FAILED", "MODEL_ERROR")
    assert "token limit" in end.data["error"]
    assert ran == []


@pytest.mark.parametrize(
    "calls",
    [
        (call(arguments='{"place": "a"}', id="x"), call(arguments='{"place": "b"}', id="y")),
        (call(arguments='{"place": "a"}', index=None), call(arguments='{"place": "b"}', index=None, id="y")),
        (
            call(arguments='{"place": "a"}', index=None, id=None),
            call(arguments='{"place": "b"}', index=None, id=None),
        ),
        (
            call(arguments='{"place":', id=None),
            call("look", "", id="y", index=1),
            call(None, ' "a"}', id=None),
            call(None, '{"place": "b"}', id=None, index=1),
        ),
    ],
)
def test_calls_whose_numbers_or_ids_a_server_leaves_out_are_run_one_by_one(
    stage: Stage, ask_openai: Ask, ran: list[str], calls: tuple[bytes, ...]
) -> None:
    with serving(chat(*calls, delta("tool_calls"), DONE), ANSWERED) as server:
        run_id = ask_openai(server)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert sorted(ran) == ["a", "b"]
