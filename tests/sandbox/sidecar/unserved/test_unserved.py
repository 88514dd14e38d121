"""What the sidecar answers where it has no operation."""

from collections.abc import Callable
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.sidecar.unserved.operations import operation_of

CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ApplyGuardrail of Amazon Bedrock Runtime": (
        "bedrock-runtime",
        "apply_guardrail",
        {"guardrailIdentifier": "g", "guardrailVersion": "1", "source": "INPUT", "content": [{"text": {"text": "a"}}]},
    ),
    "StartAsyncInvoke of Amazon Bedrock Runtime": (
        "bedrock-runtime",
        "start_async_invoke",
        {"modelId": "m", "modelInput": {}, "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://a/b"}}},
    ),
    "ListGuardrails of Amazon Bedrock": ("bedrock", "list_guardrails", {}),
    "Retrieve of Agents for Amazon Bedrock Runtime": (
        "bedrock-agent-runtime",
        "retrieve",
        {"knowledgeBaseId": "ABCDEFGHIJ", "retrievalQuery": {"text": "a"}},
    ),
    "InvokeAgent of Agents for Amazon Bedrock Runtime": (
        "bedrock-agent-runtime",
        "invoke_agent",
        {"agentId": "ABCDEFGHIJ", "agentAliasId": "ABCDEFGHIJ", "sessionId": "session", "inputText": "a"},
    ),
    "InvokeAgentRuntimeCommand of Amazon Bedrock AgentCore": (
        "bedrock-agentcore",
        "invoke_agent_runtime_command",
        {"agentRuntimeArn": "arn:aws:bedrock-agentcore:us-east-1:000000000000:runtime/a-1", "body": {"command": "ls"}},
    ),
    "RetrieveMemoryRecords of Amazon Bedrock AgentCore": (
        "bedrock-agentcore",
        "retrieve_memory_records",
        {"memoryId": "memory-1234567890", "namespace": "a", "searchCriteria": {"searchQuery": "a"}},
    ),
    "ListGateways of Amazon Bedrock AgentCore Control": ("bedrock-agentcore-control", "list_gateways", {}),
}


@pytest.mark.parametrize("named", CALLS)
def test_an_operation_that_is_missing_is_an_error_that_names_it(sidecar: Callable[..., str], named: str) -> None:
    service, operation, arguments = CALLS[named]
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    client: Any = session.client(service, endpoint_url=sidecar(), config=config)

    with pytest.raises(ClientError) as rejected:
        getattr(client, operation)(**arguments)

    client.close()
    error = rejected.value.response["Error"]
    assert error["Code"] == "UnknownOperationException"
    assert error["Message"].startswith(f"The sandbox does not serve {named}. Of this service it serves ")
    assert error["Message"].endswith(" Run this call on AWS.")


def test_openais_own_form_is_no_invented_answer(sidecar: Callable[..., str]) -> None:
    answer = httpx.post(f"{sidecar()}/v1/chat/completions", json={"model": "any", "messages": []})

    assert answer.status_code == 404
    assert "does not serve POST /v1/chat/completions of bedrock." in answer.json()["message"]


def test_a_path_of_no_service_stays_not_found(sidecar: Callable[..., str]) -> None:
    assert httpx.get(f"{sidecar()}/favicon.ico").text == "Not Found"


def test_of_several_operations_at_a_path_the_most_specific_is_named() -> None:
    found = operation_of("bedrock-agentcore", "GET", "/agentinsights/an-id")

    assert found is not None
    assert found.name == "GetAgentInsight"
    assert operation_of("bedrock-agentcore", "GET", "/nothing/here") is None
