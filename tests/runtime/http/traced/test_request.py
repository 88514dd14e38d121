import json
from typing import Any

import pytest

from contract.errors import ErrorCode, RunError
from runtime.http.problems import RequestError, status_of
from runtime.http.traced.request import PUBLIC, owner, read_request
from tests.runtime.http.traced.requests import CALLER, unsigned, url_event

DEEP = b'{"query": ' + b"[" * 100_000


def refused(event: dict[str, Any]) -> tuple[int, str]:
    with pytest.raises(RunError) as caught:
        read_request(event)
    problem = caught.value
    assert problem.code is ErrorCode.INVALID_REQUEST
    return problem.status if isinstance(problem, RequestError) else status_of(problem.code), problem.message


def test_a_request_has_a_query_and_may_name_its_session_and_metadata() -> None:
    body = {"query": "How?", "session_id": "s-1", "metadata": {"ticket": "T-1", "empty": ""}}

    request = read_request(url_event(body, headers={"TraceParent": "00-a-b-01"}))

    assert (request.query, request.session_id, request.traceparent) == ("How?", "s-1", "00-a-b-01")
    assert request.metadata == {"ticket": "T-1", "empty": ""}


def test_what_is_left_out_or_null_is_empty() -> None:
    for body in ({"query": "How?"}, {"query": "How?", "session_id": None, "metadata": None}):
        request = read_request(url_event(body))
        assert (request.session_id, request.metadata, request.traceparent) == (None, {}, "")


def test_a_body_that_lambda_has_encoded_is_read_too() -> None:
    body = json.dumps({"query": "Wie groß?"}, ensure_ascii=False).encode()

    assert read_request(url_event(raw=body, headers={"content-type": "application/json; charset=UTF-8"})).query == (
        "Wie groß?"
    )


@pytest.mark.parametrize(
    ("event", "status", "message"),
    [
        pytest.param(url_event(path="/other"), 404, "nothing at this path", id="another path"),
        pytest.param(url_event(method="GET"), 405, "The method is GET", id="another method"),
        pytest.param(url_event(headers={"content-type": None}), 415, "no content-type", id="no media type"),
        pytest.param(
            url_event(headers={"content-type": "application/x-www-form-urlencoded"}), 415, "urlencoded", id="a form"
        ),
        pytest.param(
            url_event(headers={"content-type": "application/json; charset=latin-1"}), 415, "latin-1", id="a charset"
        ),
        pytest.param(url_event(headers={"content-encoding": "gzip"}), 415, "gzip", id="a compressed body"),
        pytest.param(url_event({"query": "x" * 140_000}), 413, "the limit is 131072", id="a long body"),
        pytest.param(url_event(body=None, raw=b""), 400, "The body is empty", id="no body"),
        pytest.param(url_event(raw=b"\xff{}"), 400, "not UTF-8", id="no UTF-8"),
        pytest.param(url_event(raw=b"{query"), 400, "not valid JSON", id="no JSON"),
        pytest.param(url_event(raw=b'{"query": NaN}'), 400, "not valid JSON", id="no number of JSON"),
        pytest.param(url_event(raw=DEEP), 400, "not valid JSON", id="a deep nest"),
        pytest.param(url_event(["How?"]), 400, "a JSON array", id="no object"),
        pytest.param(url_event({}), 400, "The question is missing; send it as the text of key query", id="no query"),
        pytest.param(url_event({"query": 5}), 400, "a JSON number", id="a query that is no text"),
        pytest.param(url_event({"query": "  "}), 400, "is empty", id="an empty query"),
        pytest.param(url_event({"query": "x" * 16_385}), 400, "the limit is 16384", id="a long query"),
        pytest.param(url_event({"query": "?", "sesion_id": "s"}), 400, 'Unknown key "sesion_id"', id="unknown key"),
        pytest.param(url_event({"query": "?", "session_id": "a b"}), 400, "session_id", id="a session of no form"),
        pytest.param(
            url_event({"query": "?", "metadata": ["a"]}), 400, "a JSON array", id="metadata that is no object"
        ),
        pytest.param(url_event({"query": "?", "metadata": {"a": "x" * 201}}), 400, "201 characters", id="a long value"),
        pytest.param(url_event({"query": "?", "metadata": {"a": {"b": "c"}}}), 400, "a JSON object", id="not flat"),
        pytest.param(url_event({"query": "?", "metadata": {"a.b": "c"}}), 400, 'name "a.b"', id="a name of no form"),
        pytest.param(url_event({"query": "?", "metadata": {"a": "\ud800"}}), 400, "surrogate", id="half a character"),
        pytest.param(
            url_event({"query": "?", "metadata": {f"n{number}": "" for number in range(21)}}),
            400,
            "21 names",
            id="many",
        ),
        pytest.param(url_event(body=None, isBase64Encoded=True), 400, "base64", id="no base64"),
    ],
)
def test_a_bad_request_is_refused_with_its_status_and_what_to_do(
    event: dict[str, Any], status: int, message: str
) -> None:
    found = refused(event)

    assert found[0] == status
    assert message in found[1]


def test_the_owner_of_a_run_is_who_has_signed_its_request() -> None:
    assert owner(url_event(), "AWS_IAM") == CALLER


def test_nobody_owns_a_run_of_a_public_url() -> None:
    assert owner(unsigned(url_event()), "NONE") == owner(url_event(), "NONE") == PUBLIC


def test_a_request_that_nobody_has_signed_is_refused_where_the_url_asks_for_it() -> None:
    with pytest.raises(RequestError, match="is not signed") as caught:
        owner(unsigned(url_event()), "AWS_IAM")

    assert caught.value.status == 403
