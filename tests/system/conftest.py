"""One sandbox with the program deployed for each module of tests."""

from collections.abc import Iterator

import pytest

from tests.system.harness import Deployment, RawSocket, deployed


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def ws(deployment: Deployment) -> Iterator[RawSocket]:
    deployment.model(token_ms=5, first_token_ms=5, faults=[])
    with deployment.ws() as opened:
        yield opened
