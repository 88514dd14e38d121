"""A data plane over artefacts that the tests write, with a control plane and logs of a few lines."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.applications import Starlette

from tests.sandbox.sidecar.agentcore.stage import Stage


@pytest.fixture
def stage(tmp_path: Path, serve: Callable[[Starlette], str]) -> Iterator[Stage]:
    with ExitStack() as opened:
        yield Stage(tmp_path, serve, opened)
