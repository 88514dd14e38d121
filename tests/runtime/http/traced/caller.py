"""A caller of the traced function, whose agent is that of a stage."""

import json
from typing import Any

from runtime.delivery.next_runs import NextRuns
from runtime.engine.orchestrator import OrchestratorSlot
from runtime.http.traced.run_process import RunProcess
from runtime.http.traced.service import TracedRuns
from runtime.tracing.exporters import RunExporter
from runtime.tracing.run_traces import RunTraces, run_provider
from tests.runtime.collector import Collector
from tests.runtime.http.traced.requests import url_event
from tests.runtime.stage import Stage

PAGE = "https://cloud.langfuse.com"


class Caller:
    """Sends requests to a service and reads its replies."""

    def __init__(
        self, stage: Stage, collector: Collector, authorization: str = "AWS_IAM", next_runs: NextRuns | None = None
    ) -> None:
        self._provider = run_provider("longrun-traced")
        self._process = RunProcess(stage.bench, OrchestratorSlot(stage.orchestrator), stage.margin, next_runs)
        traces = RunTraces(self._provider, RunExporter.create(collector.variables))
        self._runs = TracedRuns(self._process, traces, "scripted", authorization, PAGE)

    def ask(self, body: object = None, seconds: float = 60.0, **event: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401  any part of an event
        return self.send(url_event(body, **event), seconds)

    def send(self, event: dict[str, Any], seconds: float = 60.0) -> tuple[int, dict[str, Any]]:
        reply = self._runs.serve(event, seconds)
        assert reply["headers"]["content-type"] == "application/json"
        return reply["statusCode"], json.loads(reply["body"])

    def close(self) -> None:
        self._runs.close()
        self._provider.shutdown()
