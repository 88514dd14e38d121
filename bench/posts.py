"""Posts to the socket for a thousand tokens of text, compared with one post for each token."""

import asyncio

from bench.deployment import LONG_QUESTION, TimedRun, deployed, set_pace, target_of, timed_run
from bench.measurement import Measurement, Options
from client import LongrunClient
from sandbox.state import SandboxState

GOAL = 0.1
PACES_MS = (20.0, 10.0, 5.0)
"""From 50 tokens a second, the speed of a large model, to 200."""


def measure(options: Options) -> list[Measurement]:
    _ = options  # a count needs no repeats
    measurements = []
    with deployed() as state:
        for pace in PACES_MS:
            set_pace(state, pace, pace)
            run = asyncio.run(_one_run(state))
            posts = 1_000 * run.events / run.output_tokens
            name = f"posts for 1,000 tokens at {1000 / pace:.0f} tokens/s"
            measurements.append(
                Measurement(name, posts, "posts", "one post a token", 1_000, goal=GOAL, goal_is_ratio=True)
            )
    return measurements


async def _one_run(state: SandboxState) -> TimedRun:
    async with LongrunClient(target_of(state)) as client:
        return await timed_run(client, LONG_QUESTION)
