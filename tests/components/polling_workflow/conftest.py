"""A PollingWorkflow's arguments as the program gives them, with a small package."""

from collections.abc import Callable
from typing import Any

import pytest

from components.polling_workflow import PollingWorkflow, PollingWorkflowArgs
from tests.components.harness import Deployment, deploy
from tests.components.references import JOURNAL, WEBSOCKET, code, host


@pytest.fixture(scope="session")
def args(tmp_path_factory: pytest.TempPathFactory) -> PollingWorkflowArgs:
    package = tmp_path_factory.mktemp("packages") / "package.zip"
    package.write_bytes(b"PK")
    return {
        "code": code(package),
        "journal": JOURNAL,
        "pipelines": {"analysis": ["explorer", "reporter"], "short": ["explorer"]},
        "default_pipeline": "analysis",
        "hosts": [host("analysts", "explorer", "reporter")],
        "websocket": WEBSOCKET,
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
