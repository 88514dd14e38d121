import json

import pytest
from starlette.requests import Request

from contract.errors import ErrorCode, RunError
from runtime.http.streaming.requests import AnswerRequest, StreamRequest, answer_request, stream_request
from tests.runtime.http.streaming.endpoint import RUN_ID


def request(method: str = "POST", query: str = "", **headers: str) -> Request:
    given = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    return Request({"type": "http", "method": method, "query_string": query.encode(), "headers": raw})


def test_what_is_left_out_has_its_default() -> None:
    parsed = stream_request(request(), "first", b'{"question": "Why?"}')

    assert parsed == StreamRequest("Why?", "first", None, None, (), "reject", 0)
    assert parsed.followed is None


@pytest.mark.parametrize(
    ("query", "followed"),
    [
        ("question=Why%3F", None),
        (f"question=Why%3F&run_id={RUN_ID}", None),
        (f"question=Why%3F&run_id={RUN_ID}&after=0", None),
        (f"question=Why%3F&run_id={RUN_ID}&after=3", RUN_ID),
        (f"run_id={RUN_ID}", RUN_ID),
        (f"run_id={RUN_ID}&after=3", RUN_ID),
    ],
)
def test_a_query_starts_a_run_unless_it_resumes_one_or_names_no_question(query: str, followed: str | None) -> None:
    assert stream_request(request("GET", query), "first", b"").followed == followed


def test_the_header_counts_more_than_the_number_in_the_address() -> None:
    """A browser comes back to the address that it had at first."""
    query = f"question=Why%3F&run_id={RUN_ID}&after=3"

    assert stream_request(request("GET", query, last_event_id="7"), "first", b"").after == 7
    assert stream_request(request("GET", query, last_event_id=""), "first", b"").after == 3


def test_the_body_of_a_get_is_ignored_and_so_is_the_query_of_a_post() -> None:
    body = b'{"question": "How?"}'

    assert stream_request(request("GET", "question=Why%3F"), "first", body).question == "Why?"
    assert stream_request(request("POST", "question=Why%3F"), "first", body).question == "How?"


@pytest.mark.parametrize("answer", ["yes", None, 1.5, {"a": [1]}])
def test_an_answer_is_any_json(answer: object) -> None:
    assert answer_request(request(), json.dumps({"answer": answer}).encode()) == AnswerRequest(None, answer)


@pytest.mark.parametrize(
    "body", ["{}", '{"answer": NaN}', '{"answer": 1, "question_id": "1"}', '{"answer": 1, "x": 1}']
)
def test_an_answer_that_is_not_valid_is_rejected(body: str) -> None:
    with pytest.raises(RunError) as caught:
        answer_request(request(), body.encode())

    assert caught.value.code is ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize("depth", range(850, 1_000, 3))
def test_a_body_that_is_nested_to_the_interpreters_limit_is_rejected(depth: int) -> None:
    body = '{"question": "Why?", "run_id": ' + "[" * depth + "]" * depth + "}"

    with pytest.raises(RunError) as caught:
        stream_request(request(), "first", body.encode())

    assert caught.value.code is ErrorCode.INVALID_REQUEST
