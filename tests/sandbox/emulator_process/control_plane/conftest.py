"""One emulator for all tests of the folder; each test makes resources of its own."""

from collections.abc import Iterator

import pytest

from tests.sandbox.emulator_process.control_plane.services import Services
from tests.sandbox.harness import running


@pytest.fixture(scope="package")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with running(tmp_path_factory.mktemp("control-plane") / "state", empty=True) as state:
        yield Services(state.endpoint)
