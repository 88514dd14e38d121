"""A deployment to connect to, and short timeouts for tests."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from client import Timing
from client._target import Target
from tests.client.aws import Aws, serving
from tests.client.deployment import Deployment, served

Scene = Callable[[Target], Coroutine[Any, Any, None]]
Play = Callable[[Scene], None]


@pytest.fixture
def deployment() -> Deployment:
    return Deployment()


@pytest.fixture
def aws() -> Iterator[Aws]:
    with serving(Aws()) as services:
        yield services


@pytest.fixture
def timing() -> Timing:
    """Patience for tests: what must not happen by itself takes a minute, what must happen is due at once."""
    return Timing(answer=60, attempts=3, reconnect=(0.0, 0.0, 0.0), keep_alive=60, quiet=60, retry=0.01, arrival=0.01)


@pytest.fixture
def play(deployment: Deployment) -> Play:
    """Runs a scene against the deployment, within a bound of time that no scene comes near."""

    async def stage(scene: Scene) -> None:
        async with served(deployment) as target, asyncio.timeout(20):
            await scene(target)

    return lambda scene: asyncio.run(stage(scene))
