"""StreamingLambda rejects each argument that AWS, or the runtime, would reject later."""

from typing import Any

import pytest

from components.streaming_lambda import StreamingLambda, StreamingLambdaArgs
from components.streaming_lambda.tokens import TokenArgs
from components.validation import ComponentInputError
from tests.components.harness import deploy
from tests.components.references import MODEL, code

EUROPEAN = "eu.anthropic.claude-sonnet-4-6"

OPENAI = {"provider": "openai", "model_id": "gpt-5"}
JWT = {"authorization": "JWT"}
TOKENS: TokenArgs = {
    "code": code(__file__),
    "signing_key": {"name": "longrun/dev/token-signing-key", "arn": "arn:secret"},
    "audience": "longrun/dev",
}

CASES: list[tuple[dict[str, Any], str]] = [
    ({"gateway": {**code(__file__), "runtime": "python2.7"}}, "gateway.runtime is 'python2.7'; allowed: python3.11"),
    ({"worker": {**code(__file__), "architecture": "sparc"}}, "worker.architecture is 'sparc'; allowed: arm64, x86_64"),
    ({"authorization": "PASSWORD"}, "authorization is 'PASSWORD'; allowed: AWS_IAM, JWT, NONE"),
    ({"authorization": "JWT"}, "tokens is missing; authorization JWT needs it"),
    ({"tokens": TOKENS}, "tokens is set; only JWT reads it"),
    ({**JWT, "tokens": {**TOKENS, "issuer": "http://id.example.com"}}, "give an https URL"),
    ({**JWT, "tokens": {**TOKENS, "issuer": "http://127.0.0.1:9"}}, "in AWS, 127.0.0.1 is the calling machine"),
    ({**JWT, "tokens": {**TOKENS, "issuer": "https://a.example/.well-known/x"}}, "without /.well-known/"),
    ({**JWT, "tokens": {**TOKENS, "audience": ""}}, "tokens.audience is ''; give what the issuer's tokens name"),
    ({**JWT, "tokens": {**TOKENS, "max_seconds": 5}}, "tokens.max_seconds is 5; allowed: 60 to 2,592,000 seconds"),
    ({**JWT, "tokens": {**TOKENS, "code": code("nowhere.zip")}}, "tokens.code.path is 'nowhere.zip', which is not"),
    ({"worker_memory": 64}, "worker_memory is 64; allowed: 1,024 to 10,240 MB"),
    ({"deadline_margin": 900}, "deadline_margin is 900; allowed: 5 to 895 seconds"),
    ({"throttle_rate": 0}, "throttle_rate is 0; allowed: 1 to 10,000"),
    ({"throttle_burst": 10_001}, "throttle_burst is 10001; allowed: 1 to 10,000"),
    ({"log_retention_days": 8}, "log_retention_days is 8; allowed: 1, 3, 5, 7, 14"),
    ({"agents": []}, "agents is empty"),
    ({"agents": ["no-module"]}, "agents has 'no-module'; allowed: names of Python modules"),
    ({"worker": code("nowhere.zip")}, "worker.path is 'nowhere.zip', which is not a file"),
    ({"model": {**MODEL, "provider": "oracle"}}, "model.provider is 'oracle'; allowed: bedrock, openai"),
    ({"model": {**MODEL, "provider": "openai"}}, "model.secret_arn is empty; OpenAI's own API needs a key"),
    ({"model": {**MODEL, "url": "https://x/v1"}}, "model.url is set; only model.provider openai reads it"),
    ({"model": {**MODEL, "model_id": EUROPEAN}}, EUROPEAN),
    ({"variables": {"AWS_REGION": "us-east-1"}}, "Lambda sets AWS_REGION itself"),
    ({"variables": {"_X": "1"}}, "names that match [a-zA-Z][a-zA-Z0-9_]+"),
    ({"variables": {"BIG": "x" * 4_096}}, "4,096 bytes of names and values together"),
    ({"tags": {"": "x"}}, "tags has the name ''"),
    ({"tags": {"Team": "a", "team": "b"}}, "tags has the name 'team', and tags has 'Team'"),
    ({"tags": {f"tag{n}": "x" for n in range(50)}}, "tags holds 50 tags, 51 with longrun:role"),
    (
        {"variables": {"BIG": "x" * 3_700}},
        "the largest BIG with 3,700; allowed: 4,096 bytes of names and values together",
    ),
    ({"mcp_servers": ["http://localhost:8000/mcp"]}, "mcp_servers has 'http://localhost:8000/mcp'; in AWS, localhost"),
    ({"mcp_servers": ["tools"]}, "mcp_servers has 'tools'; give an http or https URL"),
    ({"model": {**OPENAI, "url": "http://127.0.0.1/v1"}}, "model.url is 'http://127.0.0.1/v1'; in AWS, 127.0.0.1"),
    ({"model": {**OPENAI, "url": "https://a.example/v1/chat/completions"}}, "base URL without /chat/completions"),
    (
        {"model": {**OPENAI, "model_id": "gpt 5"}},
        "model.model_id is 'gpt 5'; give a model's id, up to 2,048 characters",
    ),
    ({"model": {**MODEL, "model_id": "gpt-5"}}, "model.model_id is 'gpt-5'; give an id of Amazon Bedrock"),
]


@pytest.mark.parametrize(("changed", "message"), CASES, ids=[message for _, message in CASES])
def test_argument_is_rejected_before_anything_exists(
    args: StreamingLambdaArgs, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ComponentInputError) as rejected:
        StreamingLambda("streaming", {**args, **changed})  # type: ignore[typeddict-item]

    assert str(rejected.value).startswith("StreamingLambda 'streaming' has invalid arguments: ")
    assert message in str(rejected.value)


def test_secret_of_another_region_is_rejected(args: StreamingLambdaArgs) -> None:
    secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf"

    with pytest.raises(ComponentInputError, match="eu-west-1"):
        StreamingLambda("streaming", {**args, "model": {**MODEL, "provider": "openai", "secret_arn": secret}})


def test_model_of_another_region_than_the_providers_is_rejected(args: StreamingLambdaArgs) -> None:
    with pytest.raises(ComponentInputError, match=r"us\.anthropic\.claude-sonnet-4-6"):
        deploy(lambda: StreamingLambda("streaming", args), {"aws:region": "eu-west-1"})


def test_all_problems_are_reported_at_once(args: StreamingLambdaArgs) -> None:
    with pytest.raises(ComponentInputError) as rejected:
        StreamingLambda("Streaming", {**args, "authorization": "PASSWORD", "worker_memory": 1})

    assert len(rejected.value.problems) == 3
