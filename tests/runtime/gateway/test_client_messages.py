import json
import sys

import pytest

from contract.errors import ErrorCode, RunError
from contract.limits import MAX_QUESTION_BYTES
from runtime.gateway.client_messages import (
    AnswerRequest,
    CancelRequest,
    FilesRequest,
    PingRequest,
    Request,
    ResumeRequest,
    RunsRequest,
    StartRequest,
    parse,
)

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"


@pytest.mark.parametrize(
    ("frame", "request_"),
    [
        ({"action": "start", "question": "Why?"}, StartRequest("Why?", None, None, None)),
        (
            {"action": "start", "question": "Why?", "agent": "a", "session_id": "s-1_B", "run_id": RUN_ID},
            StartRequest("Why?", "a", "s-1_B", RUN_ID),
        ),
        (
            {"action": "start", "question": "Why?", "session_id": "7" + "x" * 99},
            StartRequest("Why?", None, "7" + "x" * 99, None),
        ),
        ({"action": "resume", "run_id": RUN_ID, "after": 7}, ResumeRequest(RUN_ID, 7)),
        ({"action": "resume", "run_id": RUN_ID}, ResumeRequest(RUN_ID, 0)),
        ({"action": "cancel", "run_id": RUN_ID}, CancelRequest(RUN_ID)),
        (
            {"action": "start", "question": "Why?", "answers": ["a", {"n": 1}, None]},
            StartRequest("Why?", None, None, None, answers=("a", {"n": 1}, None)),
        ),
        ({"action": "answer", "run_id": RUN_ID, "answer": None}, AnswerRequest(RUN_ID, None, None)),
        (
            {"action": "answer", "run_id": RUN_ID, "question_id": "q-0123456789", "answer": "x" * 16_382},
            AnswerRequest(RUN_ID, "q-0123456789", "x" * 16_382),
        ),
        ({"action": "ping"}, PingRequest()),
        ({"action": "runs"}, RunsRequest(50)),
        ({"action": "runs", "limit": 1}, RunsRequest(1)),
        ({"action": "files", "run_id": RUN_ID}, FilesRequest(RUN_ID, None)),
        ({"action": "files", "run_id": RUN_ID, "after": "plots/a.png"}, FilesRequest(RUN_ID, "plots/a.png")),
    ],
)
def test_each_action_becomes_its_request(frame: dict[str, object], request_: Request) -> None:
    assert parse(json.dumps(frame)) == request_


def test_a_question_of_exactly_the_limit_is_taken() -> None:
    question = "é" * (MAX_QUESTION_BYTES // 2)

    request = parse(json.dumps({"action": "start", "question": question}))

    assert isinstance(request, StartRequest)
    assert request.question == question


def _refusal(body: str | None, is_base64: bool = False) -> RunError:
    with pytest.raises(RunError) as caught:
        parse(body, is_base64)
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    return caught.value


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            None,
            "The frame is empty; send a JSON object with an action: start, resume, cancel, answer, ping, runs, files.",
        ),
        (
            "",
            "The frame is empty; send a JSON object with an action: start, resume, cancel, answer, ping, runs, files.",
        ),
        ("{", "The frame is not valid JSON; send one JSON object as a text frame."),
        ("[" * 100_000, "The frame is not valid JSON; send one JSON object as a text frame."),
        ("\ufffd\ufffd", "The frame is not valid JSON; send one JSON object as a text frame."),
        ("[]", "The frame holds a JSON array; send a JSON object with an action."),
        ('"start"', "The frame holds a JSON string; send a JSON object with an action."),
        ("null", "The frame holds a JSON null; send a JSON object with an action."),
        ("{}", "The frame has no action; known actions: start, resume, cancel, answer, ping, runs, files."),
        (
            '{"action": "stop"}',
            'Unknown action "stop"; known actions: start, resume, cancel, answer, ping, runs, files.',
        ),
        (
            '{"action": ["start"]}',
            'Unknown action ["start"]; known actions: start, resume, cancel, answer, ping, runs, files.',
        ),
    ],
)
def test_a_frame_that_asks_for_nothing_known_is_refused(body: str | None, sentence: str) -> None:
    assert _refusal(body).message == sentence


def test_a_binary_frame_is_refused() -> None:
    assert _refusal("eyJ9", is_base64=True).message == "The frame is binary; send JSON as a text frame."


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (None, "The question is missing; send it as the text of key question."),
        (7, "The question is a JSON number; send it as text."),
        (" \n", "The question is empty; say what the agent is to do."),
        ("\ud800", "The question holds half of a surrogate pair; send valid Unicode text."),
        ("é" * 8193, "The question has 16386 bytes in UTF-8; the limit is 16384: shorten it."),
    ],
)
def test_a_bad_question_is_refused_and_the_limit_is_stated(question: object, sentence: str) -> None:
    assert _refusal(json.dumps({"action": "start", "question": question})).message == sentence


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        ({"action": "answer", "run_id": RUN_ID}, "The answer is missing; send it as the value of key answer."),
        (
            {"action": "answer", "run_id": RUN_ID, "answer": "x" * 16_383},
            "The answer has 16385 bytes as JSON; the limit is 16384: shorten it.",
        ),
        (
            {"action": "answer", "run_id": RUN_ID, "answer": [float("nan")]},
            "The answer holds a number that JSON does not have; send a finite one.",
        ),
        (
            {"action": "answer", "run_id": RUN_ID, "answer": {"a": "\ud800"}},
            "The answer holds half of a surrogate pair; send valid Unicode text.",
        ),
        (
            {"action": "answer", "run_id": RUN_ID, "question_id": "1", "answer": 1},
            'The question_id "1" is not valid; send the id that the event QUESTION has.',
        ),
        (
            {"action": "start", "question": "Why?", "answers": "yes"},
            "The answers are a JSON string; send a list, with an answer for each question.",
        ),
        (
            {"action": "start", "question": "Why?", "answers": ["a"] * 11},
            "There are 11 answers; the limit is 10.",
        ),
        ({"action": "resume"}, "The run_id is missing; send the id that the ack of start gave."),
        (
            {"action": "cancel", "run_id": "7"},
            'The run_id "7" is not a UUID; send its text of 36 characters in lower case.',
        ),
        (
            {"action": "resume", "run_id": RUN_ID, "after": -1},
            "The after -1 is not valid; send a whole number from 0 to 9999999999.",
        ),
        (
            {"action": "resume", "run_id": RUN_ID, "after": True},
            "The after true is not valid; send a whole number from 0 to 9999999999.",
        ),
        ({"action": "runs", "limit": 51}, "The limit 51 is not valid; send a whole number from 1 to 50."),
        (
            {"action": "start", "question": "Why?", "session_id": "a b"},
            'The session_id "a b" is not valid; use 1 to 100 letters, digits, hyphens or underscores, '
            "and begin with a letter or digit.",
        ),
        (
            {"action": "start", "question": "Why?", "session_id": "x" * 101},
            f'The session_id "{"x" * 56}... is not valid; use 1 to 100 letters, digits, hyphens or underscores, '
            "and begin with a letter or digit.",
        ),
        (
            {"action": "start", "question": "Why?", "session_id": "_s"},
            'The session_id "_s" is not valid; use 1 to 100 letters, digits, hyphens or underscores, '
            "and begin with a letter or digit.",
        ),
        (
            {"action": "start", "question": "Why?", "agent": ""},
            'The agent "" is not valid; send a text of 1 to 128 characters or leave it out.',
        ),
        (
            {"action": "resume", "run_id": RUN_ID, "since": 3},
            'Unknown key "since" in action resume; it takes after, run_id.',
        ),
        (
            {"action": "files", "run_id": RUN_ID, "after": "x" * 201},
            f'The after "{"x" * 56}... is not valid; send a text of 1 to 200 characters or leave it out.',
        ),
        ({"action": "ping", "at": 1}, 'Unknown key "at" in action ping; it takes no other key.'),
    ],
)
def test_a_bad_key_is_refused_with_what_is_valid(frame: dict[str, object], sentence: str) -> None:
    assert _refusal(json.dumps(frame)).message == sentence


def test_a_run_id_in_upper_case_is_refused_because_it_would_name_another_run() -> None:
    assert "lower case" in _refusal(json.dumps({"action": "cancel", "run_id": RUN_ID.upper()})).message


def test_a_refusal_names_the_run_of_the_frame() -> None:
    assert _refusal(json.dumps({"action": "start", "question": "", "run_id": RUN_ID})).run_id == RUN_ID
    assert _refusal(json.dumps({"action": "stop", "run_id": "7"})).run_id is None


def test_a_huge_value_does_not_make_a_huge_sentence() -> None:
    assert len(_refusal(json.dumps({"action": "x" * 30_000})).message) < 200


def test_a_nest_of_brackets_is_refused_at_every_depth() -> None:
    limit = sys.getrecursionlimit()  # near it a nest can be read, and not be quoted

    for depth in (*range(limit - 400, limit), 100_000):
        with pytest.raises(RunError) as caught:
            parse(f'{{"action": "resume", "run_id": {"[" * depth}{"]" * depth}}}')
        assert caught.value.code is ErrorCode.INVALID_REQUEST
