"""A hundred runs at once: none is lost, and no client sees a gap or an event twice."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect

from tests.system.harness import EFFECT_QUESTION, ENDINGS, Deployment, Frame

pytestmark = pytest.mark.sandbox

RUNS = 100
PATIENCE = 240.0


async def one_run(url: str) -> list[Frame]:
    async with connect(url, open_timeout=PATIENCE, ping_interval=None) as socket:
        await socket.send(json.dumps({"action": "start", "question": EFFECT_QUESTION}))
        events: list[Frame] = []
        while not events or events[-1]["type"] not in ENDINGS:
            frame = json.loads(await socket.recv())
            assert frame["type"] in {"ack", "event"}, frame
            if frame["type"] == "event":
                events.append(frame["event"])
        return events


async def all_runs(url: str) -> list[list[Frame]]:
    async with asyncio.timeout(PATIENCE):
        return await asyncio.gather(*(one_run(url) for _ in range(RUNS)))


def test_a_hundred_runs_at_once_all_succeed_without_gap(deployment: Deployment) -> None:
    deployment.model(token_ms=5, first_token_ms=5, faults=[])
    streams = asyncio.run(all_runs(f"{deployment.state.websocket_url}?user=soak"))
    assert len({stream[0]["run_id"] for stream in streams}) == RUNS
    for stream in streams:
        assert [event["seq"] for event in stream] == list(range(1, len(stream) + 1))
        assert stream[-1]["type"] == "RUN_SUCCEEDED"
        assert "1,794" in "".join(event["data"]["text"] for event in stream if event["type"] == "TEXT")
