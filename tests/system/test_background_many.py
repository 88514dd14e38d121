"""Fifty background runs at once: all end, nothing is lost, and the agents' processes are bounded."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.system.background import LONG, assert_journal_is_whole, put, sessions, status
from tests.system.harness import EFFECT_QUESTION, Deployment, wait_for

pytestmark = pytest.mark.sandbox

RUNS = 50
MOST_SESSIONS = 64
THREADS = 10


def test_fifty_at_once_all_end_with_whole_journals(deployment: Deployment) -> None:
    deployment.model(token_ms=5, first_token_ms=5, faults=[])
    with ThreadPoolExecutor(THREADS) as pool:
        runs = list(pool.map(lambda _: put(deployment, question=EFFECT_QUESTION, pipeline="data_analyst"), range(RUNS)))
    most = asyncio.run(most_sessions_until_all_end(deployment, runs))

    assert len(set(runs)) == RUNS
    assert {status(deployment, run_id) for run_id in runs} == {"SUCCEEDED"}
    for run_id in runs:
        assert_journal_is_whole(deployment, run_id)
        assert "1,794" in deployment.text(run_id)
    assert 0 < most <= MOST_SESSIONS
    wait_for(lambda: not any(sessions(deployment, run_id) for run_id in runs), "the sessions' end")


async def most_sessions_until_all_end(deployment: Deployment, runs: list[str]) -> int:
    """The largest number of sessions that lived at the same time."""
    most, left = 0, set(runs)
    async with httpx.AsyncClient(base_url=deployment.state.sidecar_url) as client, asyncio.timeout(2 * LONG):
        while left:
            most = max(most, len((await client.get("/_longrun/sessions")).json()["sessions"]))
            left = {run_id for run_id in left if status(deployment, run_id) in (None, "QUEUED", "RUNNING")}
            await asyncio.sleep(0.2)
    return most
