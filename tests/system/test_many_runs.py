"""A hundred runs at once: none is lost, and no client sees a gap or an event twice."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from client.client import LongrunClient
from client.events import RunEvent
from client.target import Target
from tests.system.harness import EFFECT_QUESTION, Deployment

pytestmark = pytest.mark.sandbox

RUNS = 100
PATIENCE = 600.0


async def one_run(client: LongrunClient) -> tuple[list[RunEvent], str]:
    run = await client.start(EFFECT_QUESTION)
    return [event async for event in run], run.run_id


async def all_runs(target: Target) -> list[tuple[list[RunEvent], str]]:
    """Every run over a socket of its own; all of them are open before the first question."""
    async with asyncio.timeout(PATIENCE), AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(LongrunClient(target)) for _ in range(RUNS)]
        return await asyncio.gather(*(one_run(client) for client in clients))


def test_a_hundred_runs_at_once_all_succeed_without_gap(deployment: Deployment) -> None:
    deployment.model(token_ms=5, first_token_ms=5, faults=[])
    assert deployment.state.websocket_url
    streams = asyncio.run(all_runs(Target(deployment.state.websocket_url)))
    assert len({run_id for _, run_id in streams}) == RUNS
    for events, run_id in streams:
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert events[-1].type == "RUN_SUCCEEDED"
        assert "1,794" in "".join(event.text for event in events)
        assert deployment.status(run_id) == "SUCCEEDED"
