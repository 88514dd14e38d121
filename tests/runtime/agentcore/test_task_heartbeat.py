import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from contract.events import EventType
from runtime.agentcore.task_heartbeat import TaskHeartbeat
from runtime.process.task_tokens import TaskTokens
from runtime.process.threads import Threads
from tests.runtime.background_stage import BackgroundStage, WaitingStates
from tests.runtime.stage import Stage

Until = Callable[[Callable[[], object]], Coroutine[Any, Any, None]]


@pytest.fixture
def states() -> WaitingStates:
    return WaitingStates()


@pytest.fixture
def now() -> list[float]:
    """The present, as the last of these."""
    return [0.0]


@pytest.fixture
def waiting(states: WaitingStates, now: list[float]) -> Iterator[TaskHeartbeat]:
    threads = Threads("test", 2)
    yield TaskHeartbeat("t", 30.0, TaskTokens(cast(Any, states)), threads, lambda: now[-1])
    threads.close()


def test_a_sign_of_life_is_sent_on_three_times_within_the_limit(
    waiting: TaskHeartbeat, states: WaitingStates, now: list[float], until: Until
) -> None:
    async def a_minute() -> None:
        for second in range(1, 61):
            now.append(float(second))
            waiting.beat()
            await until(lambda: len(states.told) == int(now[-1]) // 10)

    asyncio.run(a_minute())

    assert states.told == [("t", "alive")] * 6


@pytest.mark.parametrize("reason", ["TaskTimedOut", "TaskDoesNotExist", "ThrottlingException"])
def test_a_state_that_is_not_there_disturbs_no_step(
    background: BackgroundStage,
    stage: Stage,
    states: WaitingStates,
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    states.error = reason
    waiting = TaskHeartbeat("t", 30.0, TaskTokens(cast(Any, states)), stage.threads)
    job = background.accept()
    stage.journal.close(job.run_id, EventType.RUN_FAILED, {})

    asyncio.run(waiting.report(stage.journal.head(job.run_id)))

    assert '"level": "WARNING"' in capsys.readouterr().out


@pytest.fixture
def background(stage: Stage) -> BackgroundStage:
    return BackgroundStage(stage)


def test_the_state_hears_that_the_run_goes_on_and_how_it_ended(background: BackgroundStage) -> None:
    job = background.accept(steps=2)
    first, second = f"runs/{job.run_id}/steps/01-scripted.json", f"runs/{job.run_id}/steps/02-scripted.json"

    for token in ("one", "two"):
        background.execute(replace(job, token=token))
        job = background.following(job)

    assert background.states.told == [
        ("one", {"status": "RUNNING", "output": first}),
        ("two", {"status": "SUCCEEDED", "output": second}),
    ]
