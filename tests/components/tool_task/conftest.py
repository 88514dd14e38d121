"""A ToolTask's arguments as the program gives them."""

from collections.abc import Callable
from typing import Any

import pytest

from components.tool_task import ToolTask, ToolTaskArgs
from tests.components.harness import ACCOUNT, REGION, Deployment, deploy
from tests.components.references import DATA, JOURNAL

DIGEST = f"sha256:{'a' * 64}"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/tools@{DIGEST}"


@pytest.fixture
def args() -> ToolTaskArgs:
    return {
        "tools": ["list_tables", "profile_table", "doubly_robust"],
        "image": IMAGE,
        "journal": JOURNAL,
        "data": DATA,
    }


@pytest.fixture
def deploy_with(args: ToolTaskArgs) -> Callable[..., Deployment]:
    """Deploys with some arguments changed."""

    def run(**changed: Any) -> Deployment:  # noqa: ANN401  as ToolTaskArgs has them
        return deploy(lambda: ToolTask("analysis", {**args, **changed}))  # type: ignore[typeddict-item]

    return run
