"""An AgentRuntime's arguments as the program gives them, with a small package."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.agent_runtime import AgentRuntime, AgentRuntimeArgs
from tests.components.harness import Deployment, deploy
from tests.components.references import DATA, JOURNAL, MODEL, TOOLS, WEBSOCKET, code


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
        "code": code(make_package(tmp_path_factory.mktemp("packages"), "agent_main.py", "agents/helper.py")),
        "journal": JOURNAL,
        "data": DATA,
        "model": MODEL,
        "agents": ["explorer", "reporter"],
        "mcp_runtimes": {"analysis": TOOLS},
        "websocket": WEBSOCKET,
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
