"""The traced function of a deployed system, by its URL: the answer, its trace, its run, and what is refused."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from contract.sandbox_access import HEADER
from tests.system.harness import Deployment
from tests.system.signed_requests import signed

pytestmark = pytest.mark.sandbox

CALLER = "arn:aws:iam::000000000000:root"
QUERY = "What is the capital of France?"
SECRET = "a query that no log may repeat"
JSON = {"content-type": "application/json"}


def url_of(deployment: Deployment) -> str:
    return str(deployment.state.outputs["traced_url"])


def post(
    deployment: Deployment, body: bytes, headers: Mapping[str, str] = JSON, method: str = "POST"
) -> httpx.Response:
    """A request that is signed with the sandbox's keys, as a caller on AWS signs one with its own."""
    with signed(deployment, method, url_of(deployment), body, headers) as response:
        response.read()
    return response


def ask(deployment: Deployment, **body: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401  any JSON
    answer = post(deployment, json.dumps(body).encode())
    return answer.status_code, answer.json()


def spans_of(deployment: Deployment, trace_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = deployment.sidecar("GET", f"/_longrun/traces/{trace_id}")["spans"]
    return found


def trace_of(deployment: Deployment, run_id: str) -> str:
    accepted = json.loads(deployment.items(run_id)[0]["data"]["S"])
    return str(accepted["trace_id"])


def test_the_answer_its_run_and_its_trace_are_there_when_the_reply_arrives(deployment: Deployment) -> None:
    status, reply = ask(deployment, query=QUERY, session_id="traced-1", metadata={"ticket": "T-1"})
    # At once: nothing is waited for.
    run_id = reply["run_id"]
    spans = spans_of(deployment, trace_of(deployment, run_id))

    assert (status, reply["success"], reply["query"]) == (200, True, QUERY)
    assert reply["response"] == "Paris is the capital of France."
    assert reply["trace_filter"] == f"run-{run_id}"
    assert reply["langfuse_url"] == deployment.state.sidecar_url
    assert deployment.status(run_id) == "SUCCEEDED"
    assert deployment.head(run_id)["owner"]["S"] == CALLER
    names = [span["name"] for span in spans]
    assert sorted(names) == ["chat", "execute_event_loop_cycle", "invoke_agent Strands Agents", "run assistant"]
    assert all(span["attributes"]["langfuse.trace.tags"] == [f"run-{run_id}"] for span in spans)
    assert all(span["attributes"]["langfuse.trace.metadata.ticket"] == "T-1" for span in spans)
    (root,) = [span for span in spans if span["parent_id"] not in {other["span_id"] for other in spans}]
    assert root["attributes"]["langfuse.observation.output"] == reply["response"]
    assert root["service"] == "longrun-traced"


def test_a_request_without_a_signature_is_refused(deployment: Deployment) -> None:
    for headers in (JSON, {**JSON, HEADER: deployment.state.secret_access_key}):
        answer = httpx.post(url_of(deployment), content=b'{"query": "?"}', headers=headers, trust_env=False)
        assert answer.status_code == 403


def test_bad_requests_have_their_status_and_become_no_run(deployment: Deployment) -> None:
    before = len(deployment.client("dynamodb").scan(TableName=deployment.state.outputs["table_name"])["Items"])
    cases = {
        400: post(deployment, b"{query"),
        405: post(deployment, b"", method="GET"),
        413: post(deployment, json.dumps({"query": "x" * 140_000}).encode()),
        415: post(deployment, b"query=1", {"content-type": "application/x-www-form-urlencoded"}),
    }

    for status, answer in cases.items():
        assert (answer.status_code, answer.json()["code"]) == (status, "INVALID_REQUEST")
    after = len(deployment.client("dynamodb").scan(TableName=deployment.state.outputs["table_name"])["Items"])
    assert after == before


def test_a_model_that_refuses_is_a_bad_gateway(deployment: Deployment) -> None:
    deployment.fault("access-denied", match="refused")

    status, reply = ask(deployment, query="refused?")

    assert (status, reply["success"], reply["code"]) == (502, False, "MODEL_ERROR")
    assert deployment.status(reply["run_id"]) == "FAILED"


def test_a_run_can_be_followed_over_the_websocket_by_its_caller_alone(deployment: Deployment) -> None:
    _, reply = ask(deployment, query=QUERY)

    with deployment.ws(CALLER) as mine, deployment.ws("somebody") as other:
        mine.send(action="resume", run_id=reply["run_id"], after=0)
        refused = other.ask(action="resume", run_id=reply["run_id"], after=0)
        events = [frame["event"] for frame in mine.until_end() if frame["type"] == "event"]

    assert [(event["seq"], event["type"]) for event in events] == deployment.journal(reply["run_id"])
    assert refused["code"] == "NOT_OWNER"


def test_no_log_has_a_secret_or_what_was_asked(deployment: Deployment) -> None:
    ask(deployment, query=SECRET)
    group = deployment.state.outputs["traced_log_group"]
    pages = deployment.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    log = "\n".join(event["message"] for page in pages for event in page["events"])

    assert "traced.served" in log
    assert SECRET not in log
    assert deployment.state.secret_access_key not in log
