"""A PollingWorkflow's arguments as the program gives them, with a small package."""

from collections.abc import Callable
from typing import Any

import pytest

from components.polling_workflow import AgentHostArgs, PollingWorkflow, PollingWorkflowArgs
from tests.components.harness import ACCOUNT, REGION, RUNTIMES, Deployment, deploy

POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Sid": "Keep", "Effect": "Allow", "Action": "x:y", "Resource": "r"}]}'
)


def host(name: str, *agents: str, **changed: Any) -> AgentHostArgs:  # noqa: ANN401  as AgentHostArgs has them
    """A runtime that hosts these agents."""
    given: dict[str, Any] = {
        "arn": f"{RUNTIMES}/{name}-id",
        "endpoint": "live",
        "agents": list(agents),
        "log_group": f"/aws/bedrock-agentcore/runtimes/{name}-id-live",
        "role_name": f"{name}-role",
    }
    return {**given, **changed}  # type: ignore[typeddict-item]


@pytest.fixture(scope="session")
def args(tmp_path_factory: pytest.TempPathFactory) -> PollingWorkflowArgs:
    package = tmp_path_factory.mktemp("packages") / "package.zip"
    package.write_bytes(b"PK")
    return {
        "package": str(package),
        "runtime": "python3.13",
        "architecture": "arm64",
        "pipelines": {"analysis": ["explorer", "reporter"], "short": ["explorer"]},
        "default_pipeline": "analysis",
        "hosts": [host("analysts", "explorer", "reporter")],
        "table_name": "runs",
        "table_arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/runs",
        "payload_bucket": "payloads",
        "keep_policy": POLICY,
        "run_retention_days": 30,
        "callback_url": "https://api1.example.com/live",
        "connections_arn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/live/POST/@connections/*",
    }


@pytest.fixture(scope="session")
def deployed(args: PollingWorkflowArgs) -> Deployment:
    return deploy(lambda: PollingWorkflow("background", args))


@pytest.fixture
def deploy_with(args: PollingWorkflowArgs) -> Callable[..., Deployment]:
    """Deploys with some arguments changed."""

    def run(**changed: Any) -> Deployment:  # noqa: ANN401  as PollingWorkflowArgs has them
        return deploy(lambda: PollingWorkflow("background", {**args, **changed}))  # type: ignore[typeddict-item]

    return run
