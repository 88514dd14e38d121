"""Run as a process by test_telemetry: an agent at work inside a step's span, as the agents' host has it."""

import asyncio
import sys

from strands import Agent, tool

from runtime.process.threads import Threads
from runtime.tracing.telemetry import Telemetry
from tests.runtime.stage import Call, Say, ScriptedModel

RUN_ID = "0193a1b2-0000-7000-8000-000000000001"


@tool
def add(left: int, right: int) -> int:
    """Add two numbers."""
    return left + right


async def work(telemetry: Telemetry, traceparent: str) -> None:
    """A step whose agent is made in a thread and works in a task of its own."""
    threads = Threads("test", 2)
    model = ScriptedModel([[Call("add", {"left": 40, "right": 2})], [Say(["42."])]])
    with telemetry.step(RUN_ID, "explorer", 1, traceparent):
        agent = await threads.run(Agent, model=model, tools=[add], callback_handler=None)
        await asyncio.create_task(agent.invoke_async("How much is 40 and 2?"))
    with telemetry.step(RUN_ID, "estimator", 2, traceparent) as span:
        span.fail("the model refused")
    threads.close()


if __name__ == "__main__":
    started = Telemetry.start("longrun-agents")
    asyncio.run(work(started, sys.argv[1]))
    sys.exit(0 if started.flush(5) else 1)
