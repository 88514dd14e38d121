"""An AgentRuntime's arguments as the program gives them, with a small package."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.agent_runtime import AgentRuntime, AgentRuntimeArgs
from tests.components.harness import ACCOUNT, REGION, RUNTIMES, Deployment, deploy

POLICY = '{"Version": "2012-10-17", "Statement": [{"Sid": "%s", "Effect": "Allow", "Action": "x:y", "Resource": "r"}]}'


def make_package(folder: Path, *names: str) -> str:
    """A zip with empty modules."""
    package = folder / "package.zip"
    with zipfile.ZipFile(package, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return str(package)


@pytest.fixture(scope="session")
def args(tmp_path_factory: pytest.TempPathFactory) -> AgentRuntimeArgs:
    return {
        "package": make_package(tmp_path_factory.mktemp("packages"), "agent_main.py", "agents/helper.py"),
        "runtime": "python3.13",
        "region": REGION,
        "account_arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/runs",
        "policies": [POLICY % "Write", POLICY % "Data"],
        "agents": ["explorer", "reporter"],
        "table_name": "runs",
        "payload_bucket": "payloads",
        "run_retention_days": 7,
        "data_bucket": "data",
        "model_provider": "bedrock",
        "model_id": "us.anthropic.claude-sonnet-4-6",
        "mcp_runtimes": {"analysis": {"arn": f"{RUNTIMES}/tools-id", "endpoint": "live"}},
        "callback_url": "https://api1.example.com/live",
        "connections_arn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/live/POST/@connections/*",
    }


@pytest.fixture(scope="session")
def deployed(args: AgentRuntimeArgs) -> Deployment:
    return deploy(lambda: AgentRuntime("analysts", args))


@pytest.fixture
def deploy_with(args: AgentRuntimeArgs) -> Callable[..., Deployment]:
    """Deploys with some arguments changed and others left out."""

    def run(*left_out: str, **changed: Any) -> Deployment:  # noqa: ANN401  as AgentRuntimeArgs has them
        kept = {name: value for name, value in args.items() if name not in left_out}
        return deploy(lambda: AgentRuntime("analysts", {**kept, **changed}))  # type: ignore[typeddict-item]

    return run
