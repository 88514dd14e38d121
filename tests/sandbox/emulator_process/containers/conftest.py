"""Tasks on the module's emulator."""

import pytest

from tests.sandbox.emulator_process.containers.stage import Stage
from tests.sandbox.harness import Emulator


@pytest.fixture(scope="module")
def stage(emulator: Emulator) -> Stage:
    return Stage(emulator.state.endpoint, emulator.state.sidecar_url, emulator.folder / "image")
