"""A sandbox for the measurements, and runs that are timed by the client."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import httpx

from bench.measurement import MeasurementError
from client import LongrunClient, Target
from contract.sandbox_access import HEADER
from sandbox.errors import SandboxError
from sandbox.lifecycle.commands import UpOptions, down, up
from sandbox.paths import REPOSITORY, home
from sandbox.state import SandboxState

EFFECT_QUESTION = "What was the average effect of the training programme on 1978 earnings?"
LONG_QUESTION = "Tell me about the data set at length."


@dataclass(frozen=True, slots=True)
class TimedRun:
    """Times in milliseconds since the question was sent; `events` is the number of events, each of them one post."""

    first_text_ms: float
    elapsed_ms: float
    events: int
    output_tokens: int


@contextmanager
def deployed(
    sidecar: Mapping[str, Any] = MappingProxyType({}),
    config: Mapping[str, str] = MappingProxyType({}),
    root: Path = REPOSITORY,
) -> Iterator[SandboxState]:
    """Starts a sandbox for one measurement, with those settings of its sidecar, and deploys the program in `root` with
    that configuration. Raises MeasurementError."""
    os.environ["LONGRUN_HOME"] = str(home())  # a copy of the program has its dependencies built here
    with TemporaryDirectory(prefix="longrun-bench-") as folder:
        state_dir = Path(folder) / "sandbox"
        options = UpOptions(state_dir=state_dir, port=0, sidecar=sidecar, config=config, root=root)
        try:
            state = up(options, lambda _: None)
        except SandboxError as error:
            raise MeasurementError(str(error)) from error
        try:
            yield state
        finally:
            down(state_dir)


def set_pace(state: SandboxState, token_ms: float, first_token_ms: float) -> None:
    pace = {"token_ms": token_ms, "first_token_ms": first_token_ms}
    headers = {HEADER: state.secret_access_key}
    httpx.post(f"{state.sidecar_url}/_longrun/model", json=pace, headers=headers).raise_for_status()


def target_of(state: SandboxState) -> Target:
    if state.connect_url is None:
        raise MeasurementError("the program exports no websocket_url; it cannot be asked")
    return Target(state.connect_url)


async def timed_run(client: LongrunClient, question: str) -> TimedRun:
    started = time.perf_counter()
    first_text = None
    events = tokens = 0
    run = await client.start(question)
    async for event in run:
        events += 1
        if event.type == "TEXT":
            first_text = first_text or time.perf_counter() - started
        if event.type == "USAGE":
            tokens += int(event.data.get("output_tokens", 0))
    elapsed = time.perf_counter() - started
    if first_text is None or event.type != "RUN_SUCCEEDED":
        raise MeasurementError(f"run {run.run_id} ended as {event.type}; see the worker's log")
    return TimedRun(first_text * 1000, elapsed * 1000, events, tokens)


async def runs_at_once(target: Target, count: int, question: str) -> tuple[list[TimedRun], float]:
    """Returns the runs, each over its own socket, and the seconds for all. All sockets are open before the first
    question."""
    async with open_clients(target, count) as clients:
        started = time.perf_counter()
        timed = await asyncio.gather(*(timed_run(client, question) for client in clients))
        return list(timed), time.perf_counter() - started


@asynccontextmanager
async def open_clients(target: Target, count: int) -> AsyncIterator[list[LongrunClient]]:
    """Opens `count` clients with a socket each."""
    clients = [LongrunClient(target) for _ in range(count)]
    await asyncio.gather(*(client.__aenter__() for client in clients))
    try:
        yield clients
    finally:
        await asyncio.gather(*(client.__aexit__(None, None, None) for client in clients))


def memory_mb(pids: Mapping[str, int]) -> tuple[float, int]:
    """Returns the memory of the processes and all their descendants in MB, shared pages counted once, and the number of
    processes."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    tree: set[int] = set()
    waiting: list[int] = list(pids.values())
    while waiting:
        pid = waiting.pop()
        if pid not in tree:
            tree.add(pid)
            waiting += children.get(pid, [])
    return sum(map(_proportional_kb, tree)) / 1024, len(tree)


def _proportional_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    found: dict[str, Any] = {line.split(":")[0]: line.split()[1] for line in lines[1:]}
    return int(found.get("Pss", 0))
