"""How much later the first text arrives through Longrun than from the same agent's stream_async. Both are called
alternately, with the same model."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import boto3

from agents import data_analyst
from bench.deployment import EFFECT_QUESTION, deployed, set_pace, target_of, timed_run
from bench.measurement import Measurement, Options
from client import LongrunClient
from runtime.agent_context import AgentContext
from runtime.engine.models import create_model
from runtime.engine.retries import JournalledRetry
from runtime.environment import ModelEnvironment
from runtime.process.run_files import RunFiles
from sandbox.state import SandboxState

GOAL_MS = 35.0
WARM_UP = 3
RUNS_PER_REPEAT = 4
FIRST_TOKEN_MS = 20.0
TOKEN_MS = 5.0


def measure(options: Options) -> list[Measurement]:
    with deployed() as state, _environment_of(state):
        set_pace(state, TOKEN_MS, FIRST_TOKEN_MS)
        through, direct = asyncio.run(_compare(state, options.repeats * RUNS_PER_REPEAT))
    ours, alone = statistics.median(through), statistics.median(direct)
    peer = "the agent's stream_async, called directly"
    return [
        Measurement("first text through Longrun, warm, p50", ours, "ms", peer, alone),
        Measurement(
            "first-text overhead, warm, p50", ours - alone, "ms", "first text of the agent alone", alone, GOAL_MS
        ),
    ]


@contextmanager
def _environment_of(state: SandboxState) -> Iterator[None]:
    """Makes this process's own agent use the sandbox's model and data, like the deployed one."""
    variables = {
        "AWS_ACCESS_KEY_ID": state.access_key_id,
        "AWS_SECRET_ACCESS_KEY": state.secret_access_key,
        "AWS_ENDPOINT_URL": state.endpoint,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": state.sidecar_url,
        "AWS_REGION": state.region,
    }
    before, folder_before = dict(os.environ), tempfile.tempdir
    with TemporaryDirectory(prefix="longrun-bench-") as folder:
        os.environ.update(variables)
        tempfile.tempdir = folder  # where the agent stores the bucket's files
        try:
            yield
        finally:
            # Later measurements in this process have their own sandboxes and folders.
            tempfile.tempdir = folder_before
            os.environ.clear()
            os.environ.update(before)


async def _compare(state: SandboxState, count: int) -> tuple[list[float], list[float]]:
    through, direct = [], []
    session = boto3.Session(region_name=state.region)
    model = create_model(ModelEnvironment("bedrock", state.outputs["model_id"], state.region, "", ""), session)
    s3 = session.client("s3")
    async with LongrunClient(target_of(state)) as client:
        for turn in range(WARM_UP + count):
            context = AgentContext(
                run_id="direct",
                session_id="direct",
                model=model,
                messages=[],
                tools=[],
                retry_strategy=JournalledRetry(lambda: False, lambda *_: None),
                data_bucket=state.outputs["data_bucket"],
                s3=s3,
                files=RunFiles(state.outputs["payload_bucket"], s3, "direct"),
            )
            alone = await _first_text_ms(context)
            timed = await timed_run(client, EFFECT_QUESTION)
            if turn >= WARM_UP:
                direct.append(alone)
                through.append(timed.first_text_ms)
    return through, direct


async def _first_text_ms(context: AgentContext) -> float:
    agent = data_analyst.create_agent(context)
    first = None
    started = time.perf_counter()
    async for event in agent.stream_async(EFFECT_QUESTION):
        if first is None and "data" in event:
            first = time.perf_counter() - started
    return (first or 0.0) * 1000
