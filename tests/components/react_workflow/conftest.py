"""A ReactWorkflow's arguments as the program gives them, with small packages."""

from collections.abc import Callable
from typing import Any

import pytest

from components.react_workflow import ReactWorkflow, ReactWorkflowArgs
from tests.components.harness import Deployment, deploy
from tests.components.references import DATA, JOURNAL, MODEL, TOOLS, WEBSOCKET, code, task


@pytest.fixture(scope="session")
def args(tmp_path_factory: pytest.TempPathFactory) -> ReactWorkflowArgs:
    folder = tmp_path_factory.mktemp("packages")
    for name in ("code", "worker"):
        (folder / name).write_bytes(b"PK")
    return {
        "code": code(folder / "code"),
        "worker": code(folder / "worker"),
        "journal": {**JOURNAL, "retention_days": 30},
        "data": DATA,
        "model": MODEL,
        "agents": ["causal_analyst", "data_analyst"],
        "tools": {"eda": task("eda"), "causal_analysis": task("causal")},
        "mcp_runtimes": {"analysis": TOOLS},
        "websocket": WEBSOCKET,
    }


@pytest.fixture(scope="session")
def deployed(args: ReactWorkflowArgs) -> Deployment:
    return deploy(lambda: ReactWorkflow("react", args))


@pytest.fixture
def deploy_with(args: ReactWorkflowArgs) -> Callable[..., Deployment]:
    """Deploys with some arguments changed."""

    def run(**changed: Any) -> Deployment:  # noqa: ANN401  as ReactWorkflowArgs has them
        return deploy(lambda: ReactWorkflow("react", {**args, **changed}))  # type: ignore[typeddict-item]

    return run
