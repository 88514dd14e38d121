"""State machines on the module's emulator."""

import pytest

from tests.sandbox.harness import Emulator
from tests.sandbox.step_functions.machines import Machines


@pytest.fixture(scope="module")
def machines(emulator: Emulator) -> Machines:
    return Machines(emulator.state.endpoint)
