"""Many runs at once, streaming and in the background: none is lost, and no reader sees a gap or an event twice.

In one module, so that the two do not press on the machine at the same time.
"""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

import pytest

from client import LongrunClient, RunEvent, Target
from tests.system.background import assert_journal_is_whole, events, put, sessions, status
from tests.system.harness import EFFECT_QUESTION, Deployment, deployed, wait_for

pytestmark = [pytest.mark.sandbox, pytest.mark.load]

RUNS = min(100, 25 * (os.cpu_count() or 1))
"""Each is a process of its own; with more for a core, single agents could not read the data files in time."""
PATIENCE = 600.0

BACKGROUND_RUNS = 50
MOST_SESSIONS = 64
THREADS = 10

HEARTBEAT_LIMIT = 300
"""Seconds. The sandbox's ten are for one agent on an idle machine: here fifty processes wait for two cores, and none of
them is lost because it waits."""


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    config = {"heartbeatLimitSeconds": str(HEARTBEAT_LIMIT)}
    with deployed(tmp_path_factory.mktemp("sandbox"), config) as running:
        yield running


async def one_run(client: LongrunClient) -> tuple[list[RunEvent], str]:
    run = await client.start(EFFECT_QUESTION)
    return [event async for event in run], run.run_id


async def all_runs(target: Target) -> list[tuple[list[RunEvent], str]]:
    """Every run over a socket of its own; all of them are open before the first question."""
    async with asyncio.timeout(PATIENCE), AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(LongrunClient(target)) for _ in range(RUNS)]
        return await asyncio.gather(*(one_run(client) for client in clients))


def test_streamed_runs_at_once_all_succeed_without_gap(deployment: Deployment) -> None:
    deployment.model(token_ms=5, first_token_ms=5, faults=[])
    assert deployment.state.connect_url
    streams = asyncio.run(all_runs(Target(deployment.state.connect_url)))
    assert len({run_id for _, run_id in streams}) == RUNS
    for read, run_id in streams:
        assert [event.seq for event in read] == list(range(1, len(read) + 1))
        assert read[-1].type == "RUN_SUCCEEDED"
        assert "1,794" in "".join(event.text for event in read)
        assert deployment.status(run_id) == "SUCCEEDED"


def test_fifty_background_runs_at_once_all_end_with_whole_journals(deployment: Deployment) -> None:
    deployment.model(token_ms=5, first_token_ms=5, faults=[])
    with ThreadPoolExecutor(THREADS) as pool:
        runs = list(
            pool.map(
                lambda _: put(deployment, question=EFFECT_QUESTION, pipeline="data_analyst"), range(BACKGROUND_RUNS)
            )
        )
    most = asyncio.run(most_sessions_until_all_end(deployment, runs))

    assert len(set(runs)) == BACKGROUND_RUNS
    ends = {run_id: events(deployment, run_id)[-1] for run_id in runs}
    assert [end for end in ends.values() if end["type"] != "RUN_SUCCEEDED"] == []
    for run_id in runs:
        assert_journal_is_whole(deployment, run_id)
        assert "1,794" in deployment.text(run_id)
    assert 0 < most <= MOST_SESSIONS
    wait_for(lambda: not any(sessions(deployment, run_id) for run_id in runs), "the sessions' end")


async def most_sessions_until_all_end(deployment: Deployment, runs: list[str]) -> int:
    """The largest number of sessions that lived at the same time."""
    most, left = 0, set(runs)
    async with deployment.async_sidecar() as client, asyncio.timeout(PATIENCE):
        while left:
            most = max(most, len((await client.get("/_longrun/sessions")).json()["sessions"]))
            left = {run_id for run_id in left if status(deployment, run_id) in (None, "QUEUED", "RUNNING")}
            await asyncio.sleep(0.2)
    return most
