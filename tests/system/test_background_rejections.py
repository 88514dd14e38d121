"""What the state machine does when AgentCore takes no invocation now, or never will; and tools over MCP there."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.system.background import (
    assert_journal_is_whole,
    events,
    has,
    kinds,
    put,
    wait_for_end,
    wait_for_event,
    wait_for_execution,
)
from tests.system.harness import EFFECT_QUESTION, Deployment, deployed, wait_for

pytestmark = pytest.mark.sandbox

PIPELINE = {"question": EFFECT_QUESTION, "pipeline": "data_analyst"}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """An account with room for one session."""
    with deployed(tmp_path_factory.mktemp("sandbox"), sidecar={"max_sessions": 1}) as running:
        yield running


def test_an_invocation_beyond_the_quota_is_tried_again_until_there_is_room(narrow: Deployment) -> None:
    narrow.model(token_ms=20, first_token_ms=5, faults=[])
    first = put(narrow, **PIPELINE)
    wait_for_event(narrow, first, "AGENT_BACKGROUND_TASK_STARTED")
    second = put(narrow, **PIPELINE)

    assert [wait_for_end(narrow, run_id) for run_id in (first, second)] == ["SUCCEEDED", "SUCCEEDED"]
    rejected = [event["data"] for event in events(narrow, second) if event["type"] == "AGENT_INVOCATION_FAILED"]
    assert rejected
    assert all(data["retry"] for data in rejected)
    assert kinds(narrow, second).count("AGENT_BACKGROUND_TASK_STARTED") == 1
    assert_journal_is_whole(narrow, second)


def test_a_streaming_agent_estimates_with_the_tools_of_an_mcp_server_on_agentcore(deployment: Deployment) -> None:
    deployment.model(token_ms=2, first_token_ms=2, faults=[])
    with deployment.ws() as ws:
        ws.send(action="start", question="Did the training programme raise earnings?", agent="causal_analyst")
        reported = [frame["event"] for frame in ws.until_end() if frame["type"] == "event"]

    answer = "".join(event["data"]["text"] for event in reported if event["type"] == "TEXT")
    assert reported[-1]["type"] == "RUN_SUCCEEDED"
    assert {"1,794", "1,676", "677"} <= set(answer.replace("(", " ").replace(")", " ").replace(".", " ").split())


def test_an_agent_whose_endpoint_is_gone_is_rejected_and_ends_its_run(deployment: Deployment) -> None:
    outputs = deployment.state.outputs
    runtime_id = str(outputs["agent_runtime"]).rpartition("/")[2]
    control = deployment.client("bedrock-agentcore-control")
    control.delete_agent_runtime_endpoint(agentRuntimeId=runtime_id, endpointName=outputs["agent_endpoint"])
    wait_for(lambda: rejection(deployment) == "ResourceNotFoundException", "the data plane to hear of it")
    run_id = put(deployment, **PIPELINE)

    assert wait_for_end(deployment, run_id) == "FAILED"
    failed = next(event for event in events(deployment, run_id) if event["type"] == "AGENT_INVOCATION_FAILED")
    assert "retry" not in failed["data"]
    assert not has(deployment, run_id, "AGENT_BACKGROUND_TASK_STARTED")
    assert wait_for_execution(deployment, run_id)["status"] == "FAILED"
    assert_journal_is_whole(deployment, run_id)


def rejection(deployment: Deployment) -> str:
    """The code with which an invocation that says nothing is rejected."""
    outputs = deployment.state.outputs
    with pytest.raises(ClientError) as rejected:
        deployment.client("bedrock-agentcore", deployment.state.sidecar_url).invoke_agent_runtime(
            agentRuntimeArn=outputs["agent_runtime"], qualifier=outputs["agent_endpoint"], payload=b"{}"
        )
    code: str = rejected.value.response["Error"]["Code"]
    return code
