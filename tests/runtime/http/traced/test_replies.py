import json

import pytest

from contract.errors import ErrorCode
from runtime.http.problems import status_of
from runtime.http.traced.replies import RunEnd, run_reply, traces_page


@pytest.mark.parametrize(
    ("endpoint", "page"),
    [
        ("https://us.cloud.langfuse.com/api/public/otel", "https://us.cloud.langfuse.com"),
        ("https://traces.example.com/langfuse/api/public/otel", "https://traces.example.com/langfuse"),
        ("http://127.0.0.1:4601", "http://127.0.0.1:4601"),
        ("https://name:hush@otel.example.com", "https://otel.example.com"),
        ("http://127.0.0.1:4601/_key/hush", "http://127.0.0.1:4601"),
        ("https://otel.example.com/hush?key=hush", "https://otel.example.com"),
        ("", None),
    ],
)
def test_callers_learn_where_the_traces_are_and_no_key(endpoint: str, page: str | None) -> None:
    assert traces_page({"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}) == page


def test_a_stack_without_a_collector_has_no_page() -> None:
    body = json.loads(run_reply(RunEnd("r", "How?", "So."), None)["body"])

    assert body["langfuse_url"] is None
    assert body["trace_filter"] == "run-r"


def test_half_a_character_of_a_model_reaches_the_caller_as_json() -> None:
    reply = run_reply(RunEnd("r", "How?", "half \ud83d"), None)

    assert reply["body"].encode()
    assert json.loads(reply["body"])["response"] == "half \ud83d"


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_status_of_its_kind(code: ErrorCode) -> None:
    reply = run_reply(RunEnd("r", "How?", error="no", code=code), None)

    assert reply["statusCode"] == status_of(code)
    assert 400 <= reply["statusCode"] < 600
    assert json.loads(reply["body"])["code"] == code.value
