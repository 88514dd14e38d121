"""Run as a process by test_traces: a caller's request to the traced function, whose agent calls a tool."""

import json
import sys

from strands import tool

from runtime.delivery.connections import NoConnections
from runtime.engine.orchestrator import OrchestratorSlot
from runtime.http.traced.run_process import RunProcess
from runtime.http.traced.service import TracedRuns
from runtime.tracing.run_traces import RunTraces
from tests.runtime.http.traced.requests import url_event
from tests.runtime.memory_journal import MemoryJournal
from tests.runtime.stage import Call, Say, ScriptedModel, Stage


@tool
def add(left: int, right: int) -> int:
    """Add two numbers."""
    return left + right


if __name__ == "__main__":
    traces = RunTraces.start("longrun-traced")
    stage = Stage(MemoryJournal(), NoConnections())
    stage.tools = [add]
    stage.model = ScriptedModel([[Call("add", {"left": 40, "right": 2})], [Say(["42."])]])
    process = RunProcess(stage.bench, OrchestratorSlot(stage.orchestrator), stage.margin)
    runs = TracedRuns(process, traces, "scripted", "AWS_IAM", "http://traces")
    event = url_event({"query": "How much is 40 and 2?"}, headers={"traceparent": sys.argv[1]})
    sys.stdout.write(f"{json.dumps(runs.serve(event, 60))}\n")
    runs.close()
    stage.threads.close()
