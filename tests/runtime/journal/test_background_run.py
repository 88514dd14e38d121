"""A background run of several steps on AWS's own engine, from its first agent to its end."""

import asyncio
from dataclasses import replace
from typing import cast

import pytest

from contract.events import EventType, Status
from runtime.agentcore.step_worker import StepWorker
from runtime.journal import Journal
from tests.runtime.background_stage import BackgroundStage
from tests.runtime.conftest import Sent
from tests.runtime.memory_journal import MemoryJournal
from tests.runtime.stage import Stage

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def background(journal: Journal, stage: Stage) -> BackgroundStage:
    """Steps over the table: a stage asks nothing of its journal that the genuine one does not do."""
    stage.bench = replace(stage.bench, journal=journal)
    stage.journal = cast(MemoryJournal, journal)
    return BackgroundStage(stage)


def test_three_agents_in_turn_leave_a_gapless_journal_and_each_frame_is_sent_once(
    background: BackgroundStage, journal: Journal, sent: Sent
) -> None:
    job = background.accept(steps=3)
    worker = StepWorker(background.workshop())

    async def all_steps() -> None:
        step = job
        for number in (1, 2, 3):
            journal.append(job.run_id, EventType.AGENT_INVOCATION_STARTED, {"step": number})
            await worker.execute(step)
            assert await worker.execute(step) is None or number == 3
            step = background.following(step)

    asyncio.run(all_steps())

    head, events = journal.head(job.run_id), journal.read(job.run_id)
    turn = ["AGENT_INVOCATION_STARTED", "AGENT_INVOCATION_SUCCEEDED", "AGENT_BACKGROUND_TASK_STARTED"]
    turn += ["TEXT", "USAGE", "AGENT_BACKGROUND_TASK_COMPLETED"]
    assert [event.type.value for event in events] == ["RUN_ACCEPTED", *turn * 3, "RUN_SUCCEEDED"]
    assert [event.seq for event in events] == list(range(1, 21))
    assert [frame["event"]["seq"] for _, frame in sent] == list(range(1, 21))
    assert (head.status, head.step_done, head.last_seq) == (Status.SUCCEEDED, 3, 20)
    assert head.usage == {"input_tokens": 30, "output_tokens": 12, "model_calls": 3}
    assert head.output == f"runs/{job.run_id}/steps/03-scripted.json"
