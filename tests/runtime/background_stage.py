"""What drives background steps in a test: runs with a workflow, assignments, and a workshop over a stage."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from botocore.exceptions import ClientError

from contract.run_ids import new_run_id
from contract.step_request import StepRequest
from runtime.agentcore.step_outputs import StepOutputs
from runtime.agentcore.step_worker import StepDependencies, StepWorker
from runtime.engine.orchestrator import OrchestratorSlot
from runtime.journal import Head, NewRun
from runtime.process.task_tokens import TaskTokens
from tests.runtime.stage import Stage

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class WaitingStates:
    """A client of Step Functions: what its states were told, in order. Its calls fail with `error` where it is set."""

    told: list[tuple[str, Any]] = field(default_factory=list)
    error: str = ""

    def send_task_heartbeat(self, *, taskToken: str) -> None:  # noqa: N803
        self._tell(taskToken, "alive")

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803
        self._tell(taskToken, json.loads(output))

    def _tell(self, token: str, what: object) -> None:
        if self.error:
            raise ClientError({"Error": {"Code": self.error}}, "SendTask")
        self.told.append((token, what))


class BackgroundStage:
    """Steps of background runs over a stage, whose one agent is `scripted`."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.states = WaitingStates()

    def accept(self, question: str = "How?", steps: int = 1, connection_id: str | None = "c1") -> StepRequest:
        """A run of so many steps, and its first."""
        run_id = new_run_id()
        agents = ("scripted",) * steps
        run = NewRun(run_id, run_id, "owner", "analysis", question, connection_id, time.time() + 900)
        self.stage.journal.accept(replace(run, workflow="arn:execution", traceparent=TRACEPARENT, agents=agents))
        return StepRequest(
            run_id=run_id,
            agent="scripted",
            step=1,
            steps=steps,
            output="",
            seconds=60.0,
            heartbeat_seconds=60.0,
            runtime_arn="arn:runtime",
            endpoint="live",
            token="",
            keep_session=steps > 1,
            traceparent=TRACEPARENT,
        )

    def following(self, job: StepRequest) -> StepRequest:
        """The step after one that is done, as an invoker would order it."""
        head = self.stage.journal.head(job.run_id)
        last = job.step + 1 == job.steps
        return replace(job, step=head.step_done + 1, output=head.output, keep_session=not last)

    def workshop(self) -> StepDependencies:
        stage = self.stage
        return StepDependencies(
            dependencies=stage.bench,
            orchestrators=OrchestratorSlot(stage.orchestrator),
            outputs=StepOutputs("payloads", cast(Any, stage.bucket)),
            tokens=TaskTokens(cast(Any, self.states)),
            deadline_margin=stage.margin,
        )

    def worker(self) -> StepWorker:
        return StepWorker(self.workshop())

    def execute(self, job: StepRequest) -> Head | None:
        """The step, from its claim to its end."""
        return asyncio.run(self.worker().execute(job))

    def output(self, key: str) -> Mapping[str, Any]:
        """What a step has handed on."""
        stored: Mapping[str, Any] = json.loads(self.stage.bucket.objects[key])
        return stored
