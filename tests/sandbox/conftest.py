"""One emulator without deployment for each module of tests."""

from collections.abc import Iterator

import pytest

from tests.sandbox.harness import Emulator, running


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("emulator")
    with running(folder / "state", empty=True) as state:
        yield Emulator(state, folder)
