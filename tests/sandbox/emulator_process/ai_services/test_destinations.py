"""Which process answers a request to Bedrock or AgentCore."""

import pytest

from sandbox.emulator_process.ai_services.destinations import Destination, destination_of

ARN = "arn:aws:bedrock-agentcore:us-east-1:000000000000:runtime/agent-abcdefghij"


def signed(service: str) -> dict[str, str]:
    return {"authorization": f"AWS4-HMAC-SHA256 Credential=test/20261130/us-east-1/{service}/aws4_request, Signature=0"}


@pytest.mark.parametrize(
    ("service", "request_line"),
    [
        ("bedrock", "POST /model/us.anthropic.claude-sonnet-4-6/converse"),
        ("bedrock", "POST /model/us.anthropic.claude-sonnet-4-6/invoke-with-response-stream"),
        ("bedrock", "POST /guardrail/abc/version/1/apply"),
        ("bedrock", "GET /guardrails"),
        ("bedrock", "POST /agents/ABCDEFGHIJ/agentAliases/A/sessions/S/text"),
        ("bedrock", "POST /knowledgebases/ABCDEFGHIJ/retrieve"),
        ("bedrock", "POST /async-invoke"),
        ("bedrock-agentcore", f"POST /runtimes/{ARN}/invocations"),
        ("bedrock-agentcore", f"POST /runtimes/{ARN}/stopruntimesession"),
        ("bedrock-agentcore", f"GET /runtimes/{ARN}/ws"),
        ("bedrock-agentcore", f"GET /runtimes/{ARN}/invocations/.well-known/agent-card.json"),
        ("bedrock-agentcore", f"POST /runtimes/{ARN}/commands"),
        ("bedrock-agentcore", "GET /gateways/"),
        ("bedrock-agentcore", "PUT /code-interpreters/aws.codeinterpreter.v1/sessions/start"),
        ("bedrock-agentcore", "POST /memories/m-1234567890/retrieve"),
        ("bedrock-agentcore", "POST /memories/m-1234567890/extractionJobs/start"),
        ("bedrock-mantle", "POST /v1/chat/completions"),
    ],
)
def test_the_sidecar_answers_what_ministack_only_pretends_to_have(service: str, request_line: str) -> None:
    method, path = request_line.split(" ", 1)

    assert destination_of(method, path, "", signed(service)) is Destination.SIDECAR


@pytest.mark.parametrize(
    ("service", "request_line"),
    [
        ("bedrock", "GET /foundation-models"),
        ("bedrock", "GET /inference-profiles/us.anthropic.claude-sonnet-4-6"),
        ("bedrock-agentcore", "POST /runtimes/"),
        ("bedrock-agentcore", "GET /runtimes/agent-abcdefghij/"),
        ("bedrock-agentcore", "PUT /runtimes/agent-abcdefghij/runtime-endpoints/"),
        ("bedrock-agentcore", "DELETE /runtimes/agent-abcdefghij/runtime-endpoints/live/"),
        ("bedrock-agentcore", "POST /runtimes/agent-abcdefghij/versions/"),
        ("bedrock-agentcore", f"GET /tags/{ARN}"),
        ("bedrock-agentcore", f"PUT /resourcepolicy/{ARN}"),
        ("bedrock-agentcore", "POST /memories/m-1234567890/events"),
        ("bedrock-agentcore", "POST /memories/m-1234567890/actor/team/ada/sessions/s1"),
        ("bedrock-agentcore", "POST /memories/m-1234567890/memoryRecords/batchCreate"),
        ("dynamodb", "POST /"),
        ("s3", "PUT /model/x/converse"),
        ("lambda", "POST /2015-03-31/functions/guardrail/invocations"),
    ],
)
def test_ministack_answers_what_it_really_has(service: str, request_line: str) -> None:
    method, path = request_line.split(" ", 1)

    assert destination_of(method, path, "", signed(service)) is Destination.MINISTACK


@pytest.mark.parametrize(
    "request_line",
    [
        "PUT /runtimes/",
        "PUT /runtimes/agent-abcdefghij/",
        "POST /memories/create",
        "PUT /memories/m-1234567890/update",
    ],
)
def test_what_ministack_accepts_unseen_is_checked_first(request_line: str) -> None:
    method, path = request_line.split(" ", 1)

    assert destination_of(method, path, "", signed("bedrock-agentcore")) is Destination.CHECKED


def test_a_presigned_url_is_known_by_its_credential() -> None:
    query = "X-Amz-Credential=test%2F20261130%2Fus-east-1%2Fbedrock-agentcore%2Faws4_request&X-Amz-Signature=0"

    assert destination_of("GET", f"/runtimes/{ARN}/ws", query, {}) is Destination.SIDECAR


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer token"}])
def test_an_unsigned_call_of_a_model_is_known_by_its_path(headers: dict[str, str]) -> None:
    assert destination_of("POST", "/model/amazon.nova-lite-v1:0/invoke", "", headers) is Destination.SIDECAR
    assert destination_of("POST", "/v1/chat/completions", "", headers) is Destination.SIDECAR
    assert destination_of("GET", "/bucket/model/invoke", "", headers) is Destination.MINISTACK
