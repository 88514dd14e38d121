"""One agent's step of a background run: it gets the output of the agent before it, and stores its own."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from contract.errors import ErrorCode, RunError
from contract.events import EventType
from contract.step_request import StepRequest
from runtime.agentcore.step_outputs import StepOutput, StepOutputs
from runtime.agentcore.task_heartbeat import TaskHeartbeat
from runtime.engine.agent_task import AgentTask
from runtime.engine.event_writer import EventWriter
from runtime.engine.outcome import Outcome
from runtime.engine.unit_of_work import Completion
from runtime.journal import Head
from runtime.process.logs import log
from runtime.process.threads import Threads

_STORE_SECONDS: Final = 30.0
"""For the output: a bucket that hangs must not keep the step from its end."""


class BackgroundStep:
    """The unit of work that is one of several. `task_heartbeat` is None where no state waits for the step's token."""

    def __init__(
        self, step: StepRequest, outputs: StepOutputs, threads: Threads, task_heartbeat: TaskHeartbeat | None
    ) -> None:
        self._step = step
        self._outputs = outputs
        self._threads = threads
        self._task_heartbeat = task_heartbeat
        self._names = {"agent": step.agent, "step": step.step}
        self._output = ""
        self.timeout_message = (
            f"the agent {step.agent} did not end within its {step.seconds:g} seconds; the text so far is kept"
        )

    @property
    def step_number(self) -> int:
        return self._step.step

    def start(self, writer: EventWriter) -> None:
        """The agent itself records that the invocation has arrived: a record by the invoker might come too late."""
        writer.event(EventType.AGENT_INVOCATION_SUCCEEDED, self._names)
        writer.event(EventType.AGENT_BACKGROUND_TASK_STARTED, self._names)

    def beat(self) -> None:
        if self._task_heartbeat is not None:
            self._task_heartbeat.beat()

    async def brief(self, head: Head) -> Head:
        """The run with its pipeline's name replaced by the agent's, and with the output of the step before in its
        question."""
        question = head.question
        if self._step.output:
            try:
                found = await self._threads.run(self._outputs.read, self._step.output)
            except Exception as error:
                log("agents.output_not_read", level="ERROR", key=self._step.output, exc_info=True)
                message = "the output of the agent before could not be read; see the agents' log for the reason"
                raise RunError(ErrorCode.INTERNAL, message, head.run_id) from error
            question = f"{question}\n\nWhat the agent {found.agent} found:\n{found.text}"
        return replace(head, agent=self._step.agent, question=question)

    async def store(self, head: Head, outcome: Outcome, task: AgentTask, left: float) -> Outcome:
        """The output of a step that succeeded: whatever sees that the step is done reads it."""
        if outcome.final_event is not EventType.RUN_SUCCEEDED:
            return outcome
        found = StepOutput(self._step.agent, task.translation.final_text)
        try:
            async with asyncio.timeout(min(_STORE_SECONDS, left / 2)):
                self._output = await self._threads.run(self._outputs.write, head.run_id, self._step.step, found)
        except Exception:
            log("agents.output_not_stored", level="ERROR", exc_info=True)
            message = "the agent's output could not be stored; its text is in the journal, see the agents' log"
            return Outcome.failed(RunError(ErrorCode.INTERNAL, message, head.run_id))
        return outcome

    async def pause(self, head: Head, task: AgentTask, left: float) -> None:
        """The state machine waits, and has the timer."""

    async def finish(self, completion: Completion) -> Mapping[str, Any]:
        if not completion.is_success:
            await completion.writer.fail_step({**self._names, "reason": completion.outcome.message})
            return await completion.end_run()
        if not self._step.is_last:
            await completion.hand_off()
        data = {
            **self._names,
            "output": self._output,
            "stop_reason": completion.outcome.stop_reason,
            **completion.metrics(),
        }
        await completion.writer.complete_step(self._step.step, self._output, data, completion.usage)
        return await completion.end_run() if self._step.is_last else data
