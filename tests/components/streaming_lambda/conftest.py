"""A StreamingLambda's arguments as the program gives them, with small packages."""

from collections.abc import Callable
from pathlib import Path

import pytest

from components.streaming_lambda import StreamingLambda, StreamingLambdaArgs
from tests.components.harness import Deployment, deploy
from tests.components.references import DATA, JOURNAL, MODEL, code


@pytest.fixture(scope="session")
def args(tmp_path_factory: pytest.TempPathFactory) -> StreamingLambdaArgs:
    package = tmp_path_factory.mktemp("packages") / "package.zip"
    package.write_bytes(b"PK")
    return {
        "gateway": code(package),
        "worker": code(package),
        "journal": JOURNAL,
        "data": DATA,
        "model": MODEL,
        "agents": ["data_analyst", "helper"],
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
