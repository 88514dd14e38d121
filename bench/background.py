"""Background runs: the invoker and the agent's reply, the time from the event to the first text, the cost of polling,
and fifty concurrent runs with their memory."""

import asyncio
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import boto3
import httpx
from botocore.credentials import ReadOnlyCredentials

from bench.deployment import EFFECT_QUESTION, deployed, memory_mb, open_clients, set_pace, target_of, timed_run
from bench.measurement import Measurement, MeasurementError, Options, median_seconds, percentile
from client import EventBus, LongrunClient
from components.polling_workflow.limits import Limits
from contract.sandbox_access import HEADER
from sandbox.state import SandboxState

PIPELINE: Final = "data_analyst"
RUNS: Final = 50
WARM_UP: Final = 2
RUNS_PER_REPEAT: Final = 3
PACE_MS: Final = 5.0
PATIENCE: Final = 60.0

SEED_INVOKER_MS: Final = 560.0
"""The duration of seed 003's Lambda function, from its document."""

EIGHT_HOURS: Final = 28_800
HISTORY_GOAL: Final = 5_000
FIXED_POLL: Final = Limits(EIGHT_HOURS, EIGHT_HOURS, 60, 10, 10)
GROWING_POLL: Final = Limits(EIGHT_HOURS, EIGHT_HOURS, 60, 10, 60)


@dataclass(frozen=True, slots=True)
class BackgroundRun:
    """Times of a run in milliseconds after its event was sent."""

    run_id: str
    invocation_ms: float
    task_started_ms: float
    first_text_ms: float
    end_ms: float


def measure(options: Options) -> list[Measurement]:
    with deployed() as state:
        set_pace(state, PACE_MS, PACE_MS)
        runs, streamed = asyncio.run(_one_by_one(state, options.repeats * RUNS_PER_REPEAT))
        measurements = [*_time_to_first_text(runs, streamed), *_invoker(state, runs, options), *_polls(state, options)]
        idle, _ = memory_mb(state.pids)
        together, wall = asyncio.run(_at_once(state))
        measurements += _many(together, wall, runs)
        busy, processes = memory_mb(state.pids)
        measurements.append(
            Measurement(f"memory after {RUNS} at once, {processes} processes", busy, "MB", "before them", idle)
        )
    return measurements


async def _one_by_one(state: SandboxState, count: int) -> tuple[list[BackgroundRun], list[float]]:
    """Returns background runs and, measured alternately, the first texts of streaming runs."""
    runs, streamed = [], []
    async with LongrunClient(target_of(state)) as client:
        for turn in range(WARM_UP + count):
            run = await _background_run(state, client)
            first_text_ms = (await timed_run(client, EFFECT_QUESTION)).first_text_ms
            if turn >= WARM_UP:
                runs.append(run)
                streamed.append(first_text_ms)
    return runs, streamed


async def _at_once(state: SandboxState) -> tuple[list[BackgroundRun], float]:
    """Returns the runs, each followed over its own socket, and the seconds for all."""
    async with open_clients(target_of(state), RUNS) as clients:
        started = time.perf_counter()
        runs = await asyncio.gather(*(_background_run(state, client) for client in clients))
        return list(runs), time.perf_counter() - started


async def _background_run(state: SandboxState, client: LongrunClient) -> BackgroundRun:
    keys = ReadOnlyCredentials(state.access_key_id, state.secret_access_key, None)
    bus = EventBus(state.outputs["event_bus"], target_of(state), state.endpoint, keys=keys)
    sent = time.time()
    submission = await bus.submit(EFFECT_QUESTION, PIPELINE)
    times: dict[str, float] = {}
    run = await client.watch(submission.run_id, patience=PATIENCE)
    async for event in run:
        times.setdefault(event.type, (datetime.fromisoformat(event.at).timestamp() - sent) * 1000)
    if event.type != "RUN_SUCCEEDED":
        raise MeasurementError(f"run {run.run_id} ended as {event.type}; see its journal with longrun watch")
    kinds = ("AGENT_INVOCATION_STARTED", "AGENT_BACKGROUND_TASK_STARTED", "TEXT", "RUN_SUCCEEDED")
    return BackgroundRun(run.run_id, *(times[kind] for kind in kinds))


def _time_to_first_text(runs: list[BackgroundRun], streamed: list[float]) -> Iterator[Measurement]:
    peer, alone = "first text of a streaming run", statistics.median(streamed)
    for name, times in (
        ("event to AGENT_INVOCATION_STARTED, p50", [run.invocation_ms for run in runs]),
        ("event to AGENT_BACKGROUND_TASK_STARTED, p50", [run.task_started_ms for run in runs]),
        ("event to first text, p50", [run.first_text_ms for run in runs]),
    ):
        yield Measurement(name, statistics.median(times), "ms", peer, alone)


def _invoker(state: SandboxState, runs: list[BackgroundRun], options: Options) -> Iterator[Measurement]:
    """Reads the invoker's log. The time of the reply includes the data plane."""
    wanted = {run.run_id for run in runs}
    pages = _client(state, "logs").get_paginator("filter_log_events")
    group = state.outputs["invoker_log_group"]
    lines = [
        _json(entry["message"])
        for page in pages.paginate(logGroupName=group, filterPattern='"invoker.served"')
        for entry in page["events"]
    ]
    served = [line for line in lines if line.get("run_id") in wanted]
    if not served:
        raise MeasurementError(f"log group {group} has no line invoker.served; see the invoker's log")
    duration = statistics.median(line["elapsed_ms"] for line in served)
    yield Measurement("invoker, p50", duration, "ms", "seed 003 as published", SEED_INVOKER_MS, SEED_INVOKER_MS)
    with httpx.Client(base_url=state.sidecar_url, headers={HEADER: state.secret_access_key}) as http:
        empty = median_seconds(lambda: http.get("/_longrun/health"), options.repeats * 10) * 1000
    reply = statistics.median(line["reply_ms"] for line in served)
    yield Measurement("agent's reply to a new session, p50", reply, "ms", "an empty request to the data plane", empty)


def _json(message: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(message[message.index("{") :])
    return found


def _polls(state: SandboxState, options: Options) -> Iterator[Measurement]:
    """Yields the time of one poll of the journal by the state machine, and the history events of eight hours by AWS's
    formula."""
    states, took = _client(state, "stepfunctions"), []
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=state.outputs["state_machine"])
    for execution in [execution for page in pages for execution in page["executions"]][: options.repeats]:
        history = states.get_execution_history(executionArn=execution["executionArn"], maxResults=1000)["events"]
        took += list(_durations(history, "Poll"))
    table, key = state.outputs["table_name"], {"pk": {"S": "RUN#none"}, "sk": {"S": "HEAD"}}
    dynamodb = _client(state, "dynamodb")
    get = median_seconds(lambda: dynamodb.get_item(TableName=table, Key=key), options.repeats * 10) * 1000
    yield Measurement("poll of the journal by the state machine, p50", statistics.median(took), "ms", "GetItem", get)
    ours, fixed = GROWING_POLL.history_events(steps=3), FIXED_POLL.history_events(steps=3)
    yield Measurement("history events of 8 hours", ours, "", "with a fixed wait of 10 s", fixed, HISTORY_GOAL)


def _durations(history: list[dict[str, Any]], state_name: str) -> Iterator[float]:
    entered = None
    for event in history:
        if event.get("stateEnteredEventDetails", {}).get("name") == state_name:
            entered = event["timestamp"]
        elif entered and event.get("stateExitedEventDetails", {}).get("name") == state_name:
            yield (event["timestamp"] - entered).total_seconds() * 1000
            entered = None


def _many(runs: list[BackgroundRun], wall: float, alone: list[BackgroundRun]) -> Iterator[Measurement]:
    one = statistics.median(run.first_text_ms for run in alone)
    first = [run.first_text_ms for run in runs]
    yield Measurement(
        f"{RUNS} background runs at once: first text p50", percentile(first, 50), "ms", "one run alone", one
    )
    yield Measurement(
        f"{RUNS} background runs at once: first text p95", percentile(first, 95), "ms", "one run alone", one
    )
    serial = RUNS * statistics.median(run.end_ms for run in alone) / 1000
    yield Measurement(f"{RUNS} background runs at once: wall time", wall, "s", "one after the other", serial)


def _client(state: SandboxState, service: str) -> Any:  # noqa: ANN401  a boto3 client
    make: Callable[..., Any] = boto3.Session(state.keys.key_id, state.keys.secret, region_name=state.region).client
    return make(service, endpoint_url=state.endpoint)
