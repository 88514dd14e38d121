"""How much later the first text arrives over HTTP than over WebSocket: of the same run, read over both at once, and of
the same question, asked over one and then over the other."""

import asyncio
import statistics
import time
from dataclasses import replace

import httpx

from bench.deployment import EFFECT_QUESTION, deployed, set_pace, target_of, timed_run
from bench.measurement import Measurement, MeasurementError, Options
from client import LongrunClient, new_run_id
from sandbox.state import SandboxState

GOAL_MS = 40.0
WARM_UP = 3
RUNS_PER_REPEAT = 4
FIRST_TOKEN_MS = 20.0
TOKEN_MS = 5.0

LATE_TOKEN_MS = 400.0
"""Of the runs with two readers: time for the second one to connect."""

_SECONDS = 60.0
_PAUSE = 0.2
"""Seconds before a question, in which the worker of the one before finishes its work."""


def measure(options: Options) -> list[Measurement]:
    with deployed() as state:
        return asyncio.run(compare(state, options.repeats * RUNS_PER_REPEAT))


async def compare(state: SandboxState, count: int) -> list[Measurement]:
    """Raises MeasurementError for a sandbox without the endpoint, or a run that fails."""
    if not state.stream_url or "demo_secret" not in state.outputs:
        raise MeasurementError("the program exports no stream_url; set streamImage in Pulumi.local.yaml")
    target = replace(target_of(state), user=f"workspace:{state.outputs['demo_workspace']}")
    async with LongrunClient(target) as client, httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as http:
        set_pace(state, TOKEN_MS, FIRST_TOKEN_MS)
        asked = [await _asked(client, http, _url(state)) for _ in range(WARM_UP + count)][WARM_UP:]
        set_pace(state, TOKEN_MS, LATE_TOKEN_MS)
        read = [await _read(client, http, _url(state)) for _ in range(1 + count)][1:]
    socket, sse = (statistics.median(one) for one in zip(*asked, strict=True))
    same_socket, same_sse = (statistics.median(one) for one in zip(*read, strict=True))
    peer = "the same run over WebSocket"
    return [
        Measurement("first text over HTTP, warm, p50", sse, "ms", "the same question over WebSocket", socket),
        Measurement("asked over HTTP instead, p50", sse - socket, "ms", "first text over WebSocket", socket, GOAL_MS),
        Measurement("first text read over HTTP, p50", same_sse, "ms", peer, same_socket),
        Measurement("read over HTTP instead, p50", _median_lag(read), "ms", peer, same_socket, GOAL_MS),
    ]


def _median_lag(read: list[tuple[float, float]]) -> float:
    return statistics.median(sse - socket for socket, sse in read)


def _url(state: SandboxState) -> str:
    outputs = state.outputs
    path = "/".join(("api/streams", outputs["demo_workspace"], outputs["demo_agent"], outputs["demo_secret"]))
    return f"{state.stream_url}{path}"


async def _asked(client: LongrunClient, http: httpx.AsyncClient, url: str) -> tuple[float, float]:
    """The time from the question to the first text, over WebSocket and over HTTP."""
    await asyncio.sleep(_PAUSE)
    over_socket = await timed_run(client, EFFECT_QUESTION)
    await asyncio.sleep(_PAUSE)
    started = time.perf_counter()
    async with http.stream("POST", url, json={"question": EFFECT_QUESTION}) as response:
        first = await _first_text(response)
    return over_socket.first_text_ms, (first - started) * 1000


async def _read(client: LongrunClient, http: httpx.AsyncClient, url: str) -> tuple[float, float]:
    """The time from the question of one run to its first text, as its reader over WebSocket and its reader over HTTP
    see it."""
    started = time.perf_counter()
    run = await client.start(EFFECT_QUESTION, run_id=new_run_id())

    async def by_http() -> float:
        async with http.stream("GET", url, params={"run_id": run.run_id}) as response:
            return await _first_text(response)

    reading = asyncio.create_task(by_http())
    over_socket = 0.0
    async for event in run:
        if event.type == "TEXT" and not over_socket:
            over_socket = time.perf_counter()
    return (over_socket - started) * 1000, (await reading - started) * 1000


async def _first_text(response: httpx.Response) -> float:
    """When the first text was read. Reads the response to its end, so that the next run finds an idle sandbox."""
    if response.status_code != httpx.codes.OK:
        raise MeasurementError(f"the streaming endpoint answered {response.status_code}: {await response.aread()!r}")
    received, first = b"", 0.0
    async for piece in response.aiter_raw():
        received += piece
        if not first and b"\nevent: TEXT\n" in received:
            first = time.perf_counter()
    if not first or b"\nevent: RUN_SUCCEEDED\n" not in received:
        raise MeasurementError(f"the run did not succeed: {received[-500:].decode()}")
    return first
