"""The environments of one function."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sandbox.sidecar.image_functions.environment import FunctionEnvironment
from sandbox.sidecar.image_functions.function import FunctionError, ImageFunction

THROTTLED: Final = "TooManyRequestsException"


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """At most `most` environments; an invocation that has waited for one for `queue_seconds` is throttled. After
    `idle_seconds` without an invocation, all environments but one end."""

    most: int
    queue_seconds: float = 30.0
    idle_seconds: float = 60.0


Create = Callable[[ImageFunction], FunctionEnvironment]


class FunctionPool:
    """Environments, each for one invocation at a time; further invocations wait. Only the event loop uses it."""

    def __init__(self, create: Create, limits: PoolLimits) -> None:
        self._create = create
        self._limits = limits
        self._all: list[FunctionEnvironment] = []
        self._free: list[FunctionEnvironment] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closing: set[asyncio.Task[None]] = set()

    def all(self) -> list[FunctionEnvironment]:
        """The environments, the oldest first."""
        return list(self._all)

    async def take(self, function: ImageFunction) -> FunctionEnvironment:
        """Returns an environment with these settings, which is ready. Give it back. Raises FunctionError."""
        deadline = time.monotonic() + self._limits.queue_seconds
        while True:
            if environment := self._take_free(function):
                return environment
            if len(self._all) < self._limits.most:
                return await self._start(function)
            await self._wait(deadline, function)

    def give(self, environment: FunctionEnvironment) -> None:
        """Takes an environment back; one that cannot be used again ends."""
        if environment.usable:
            environment.idle_since = time.monotonic()
            self._free.append(environment)
            asyncio.get_running_loop().call_later(self._limits.idle_seconds, self._end_idle)
        else:
            self._end(environment)
        self._wake()

    async def close(self) -> None:
        for environment in self.all():
            self._end(environment)
        if self._closing:
            await asyncio.wait(self._closing)

    def _take_free(self, function: ImageFunction) -> FunctionEnvironment | None:
        """The one that was used last; those that have ended or have other settings end."""
        while self._free:
            environment = self._free.pop()
            if environment.usable and environment.function == function:
                return environment
            self._end(environment)
        return None

    async def _start(self, function: ImageFunction) -> FunctionEnvironment:
        environment = self._create(function)
        self._all.append(environment)
        try:
            await environment.start()
        except BaseException:
            self._end(environment)
            self._wake()
            raise
        return environment

    async def _wait(self, deadline: float, function: ImageFunction) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                await turn
        except TimeoutError as error:
            message = f"Rate Exceeded: all {self._limits.most} environments of the function {function.name} are in use"
            raise FunctionError(THROTTLED, message) from error
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _end(self, environment: FunctionEnvironment) -> None:
        self._all.remove(environment)
        task = asyncio.create_task(environment.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _end_idle(self) -> None:
        before = time.monotonic() - self._limits.idle_seconds
        idle = [environment for environment in self._free[:-1] if environment.idle_since <= before]
        for environment in idle:
            self._free.remove(environment)
            self._end(environment)
