"""State machines on the module's emulator."""

import pytest

from tests.sandbox.emulator_process.step_functions.machines import Machines
from tests.sandbox.harness import Emulator


@pytest.fixture(scope="module")
def machines(emulator: Emulator) -> Machines:
    return Machines(emulator.state.endpoint)
