"""A StreamingLambda's arguments as the program gives them, with small packages."""

from collections.abc import Callable
from pathlib import Path

import pytest

from components.streaming_lambda import StreamingLambda, StreamingLambdaArgs
from tests.components.harness import Deployment, deploy

POLICY = '{"Version": "2012-10-17", "Statement": [{"Sid": "%s", "Effect": "Allow", "Action": "x:y", "Resource": "r"}]}'


@pytest.fixture(scope="session")
def args(tmp_path_factory: pytest.TempPathFactory) -> StreamingLambdaArgs:
    package = tmp_path_factory.mktemp("packages") / "package.zip"
    package.write_bytes(b"PK")
    return {
        "transport": "websocket",
        "gateway_package": str(package),
        "worker_package": str(package),
        "runtime": "python3.13",
        "architecture": "arm64",
        "region": "us-east-1",
        "agents": ["data_analyst", "helper"],
        "table_name": "runs",
        "payload_bucket": "payloads",
        "payload_bucket_arn": "arn:aws:s3:::payloads",
        "keep_policy": POLICY % "Keep",
        "write_policy": POLICY % "Write",
        "data_bucket": "data",
        "data_policy": POLICY % "Data",
        "run_retention_days": 30,
        "model_provider": "bedrock",
        "model_id": "us.anthropic.claude-sonnet-4-6",
    }


@pytest.fixture(scope="session")
def deployed(args: StreamingLambdaArgs) -> Deployment:
    return deploy(lambda: StreamingLambda("streaming", args))


@pytest.fixture
def deploy_with(args: StreamingLambdaArgs) -> Callable[[StreamingLambdaArgs], Deployment]:
    """Deploys with some arguments changed."""

    def run(changed: StreamingLambdaArgs) -> Deployment:
        return deploy(lambda: StreamingLambda("streaming", {**args, **changed}))

    return run


@pytest.fixture
def large_package(tmp_path: Path) -> Path:
    """A zip of more than 50 MB that takes no room on the disk."""
    package = tmp_path / "package.zip"
    with package.open("wb") as file:
        file.truncate(50 * 1024 * 1024 + 1)
    return package
