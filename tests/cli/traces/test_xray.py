import json
import time
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber

from cli.errors import CliError
from cli.traces import xray
from cli.traces.xray import xray_spans

TRACE = "0af7651916cd43dd8448eb211c80319c"
XRAY_ID = "1-0af76519-16cd43dd8448eb211c80319c"
MACHINE = {
    "id": "f" * 16,
    "name": "analysis",
    "trace_id": XRAY_ID,
    "start_time": 10.5,
    "end_time": 60.0,
    "origin": "AWS::StepFunctions::StateMachine",
    "subsegments": [
        {
            "id": "1" * 16,
            "name": "Invoke",
            "start_time": 11.0,
            "end_time": 12.0,
            "fault": True,
            "cause": {"exceptions": [{"message": "no such runtime"}]},
        }
    ],
}
AGENT = {
    "id": "b" * 16,
    "parent_id": "1" * 16,
    "name": "longrun-agents",
    "start_time": 12.5,
    "in_progress": True,
    "annotations": {"run_id": "r"},
    "metadata": {"default": {"step": 1}},
}


@pytest.fixture
def client() -> Any:  # noqa: ANN401  an X-Ray client with a stub in its place
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
    return session.client("xray")


def segments(*documents: dict[str, Any]) -> list[dict[str, str]]:
    return [{"Id": document["id"], "Document": json.dumps(document)} for document in documents]


def test_segments_and_what_is_in_them_are_spans(client: Any) -> None:  # noqa: ANN401
    with Stubber(client) as stub:
        stub.add_response("get_trace_segment_destination", {"Destination": "XRay", "Status": "ACTIVE"})
        traces = [{"Id": XRAY_ID, "Segments": segments(MACHINE, AGENT)}]
        stub.add_response("batch_get_traces", {"Traces": traces}, {"TraceIds": [XRAY_ID]})

        machine, invoke, agent = xray_spans(client, TRACE, 10.0, 60.0)

    assert (machine.start, machine.end, machine.status, machine.parent_id) == (10.5, 60.0, "OK", "")
    assert machine.attributes["origin"] == "AWS::StepFunctions::StateMachine"
    assert (invoke.parent_id, invoke.status, invoke.error) == (machine.span_id, "ERROR", "no such runtime")
    assert (agent.parent_id, agent.status) == (invoke.span_id, "UNSET")
    assert agent.end == pytest.approx(time.time(), abs=60)
    assert agent.attributes == {"run_id": "r", "step": 1}


def test_with_transaction_search_the_trace_is_searched_for(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    monkeypatch.setattr(xray, "POLL_SECONDS", 0)
    token = {"RetrievalToken": "t", "TraceFormat": "XRAY"}
    with Stubber(client) as stub:
        stub.add_response("get_trace_segment_destination", {"Destination": "CloudWatchLogs", "Status": "ACTIVE"})
        stub.add_response("start_trace_retrieval", {"RetrievalToken": "t"})
        stub.add_response("list_retrieved_traces", {"RetrievalStatus": "RUNNING", "Traces": []}, token)
        first = {"RetrievalStatus": "COMPLETE", "NextToken": "n", "Traces": [{"Spans": segments(MACHINE)}]}
        stub.add_response("list_retrieved_traces", first, token)
        second = {"RetrievalStatus": "COMPLETE", "Traces": [{"Spans": segments(AGENT)}]}
        stub.add_response("list_retrieved_traces", second, {**token, "NextToken": "n"})

        names = [span.name for span in xray_spans(client, TRACE, 10.0, 60.0)]
        stub.assert_no_pending_responses()

    assert names == ["analysis", "Invoke", "longrun-agents"]


def test_a_search_that_fails_is_reported(client: Any) -> None:  # noqa: ANN401
    with Stubber(client) as stub:
        stub.add_response("get_trace_segment_destination", {"Destination": "CloudWatchLogs"})
        stub.add_response("start_trace_retrieval", {"RetrievalToken": "t"})
        stub.add_response("list_retrieved_traces", {"RetrievalStatus": "TIMEOUT", "Traces": []})

        with pytest.raises(CliError, match="X-Ray ended the search for the trace as TIMEOUT") as caught:
            xray_spans(cast(Any, client), TRACE, 10.0, 60.0)

    assert caught.value.code == "NO_ANSWER"
