"""The worker function: executes one run per invocation, and returns only when the run has ended or waits."""

import asyncio
import functools
from collections.abc import Mapping
from typing import Any, Protocol

from runtime.engine.runs.worker import AGENT_THREADS, Worker
from runtime.environment import WorkerEnvironment
from runtime.process.lambda_function import LambdaContext
from runtime.process.logs import capture_libraries, log
from runtime.process.threads import ThreadPool


class WorkerContext(LambdaContext, Protocol):
    """What the worker reads of Lambda's context object."""

    @property
    def invoked_function_arn(self) -> str: ...


class WorkerProcess:
    """The worker on its event loop, kept from one invocation to the next."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._runner = asyncio.Runner()
        self._runner.get_loop().set_default_executor(ThreadPool(AGENT_THREADS, "longrun-agent"))

    def handle(self, event: Mapping[str, Any], context: WorkerContext) -> None:
        """Serve one invocation, see Worker.handle."""
        seconds_left = context.get_remaining_time_in_millis() / 1000
        self._runner.run(self._worker.handle(event, context.invoked_function_arn, seconds_left))

    def close(self) -> None:
        """End the event loop."""
        self._runner.close()


@functools.cache
def _process() -> WorkerProcess:
    """Made at the first invocation and kept by the process; a failure is not kept."""
    return WorkerProcess(Worker.create(WorkerEnvironment.read()))


def handler(event: Mapping[str, Any], context: WorkerContext) -> None:
    """Lambda's entry point. It raises where the run's end could not be written, so that the failure destination gets
    it."""
    capture_libraries()
    try:
        _process().handle(event, context)
    except Exception:
        log("worker.failed", level="ERROR", run_id=event.get("run_id"), exc_info=True)
        raise
