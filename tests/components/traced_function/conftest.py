"""A TracedFunction's arguments as the program gives them, with a small package."""

from collections.abc import Callable

import pytest

from components.traced_function import TracedFunction, TracedFunctionArgs
from tests.components.harness import Deployment, deploy
from tests.components.references import DATA, JOURNAL, MODEL, WEBSOCKET, code

Deploy = Callable[[TracedFunctionArgs], Deployment]


@pytest.fixture(scope="session")
def args(tmp_path_factory: pytest.TempPathFactory) -> TracedFunctionArgs:
    package = tmp_path_factory.mktemp("packages") / "package.zip"
    package.write_bytes(b"PK")
    return {
        "code": code(package),
        "journal": JOURNAL,
        "data": DATA,
        "model": MODEL,
        "agent": "data_analyst",
        "websocket": WEBSOCKET,
    }


@pytest.fixture(scope="session")
def deployed(args: TracedFunctionArgs) -> Deployment:
    return deploy(lambda: TracedFunction("traced", args))


@pytest.fixture
def deploy_with(args: TracedFunctionArgs) -> Deploy:
    """Deploys with some arguments changed."""
    return lambda changed: deploy(lambda: TracedFunction("traced", {**args, **changed}))
