"""One agent's step of a background run: it takes what the agent before it found, and hands on what it finds."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from contract.errors import ErrorCode, RunError
from contract.events import EventType
from contract.step_request import Assignment
from runtime.agentcore.step_outputs import StepOutput, StepOutputs
from runtime.agentcore.task_heartbeat import WaitingState
from runtime.engine.agent_task import AgentTask
from runtime.engine.event_writer import Recorder
from runtime.engine.outcome import Outcome
from runtime.engine.unit_of_work import AUDIENCE_SHARE, Closing
from runtime.journal import Head
from runtime.logs import log
from runtime.threads import Threads

_KEEP_SECONDS: Final = 30.0
"""For the output: a bucket that hangs must not keep the step from its end."""


class BackgroundStep:
    """The part that is one of several. `waiting` is None where no state waits for the step's token."""

    def __init__(
        self, head: Head, job: Assignment, outputs: StepOutputs, threads: Threads, waiting: WaitingState | None
    ) -> None:
        self._head = head
        self._job = job
        self._outputs = outputs
        self._threads = threads
        self._waiting = waiting
        self._names = {"agent": job.agent, "step": job.step}
        self._output = ""
        self.timeout = f"the agent {job.agent} did not end within its {job.seconds:g} seconds; the text so far is kept"

    def begin(self, recorder: Recorder) -> None:
        """That the invocation has arrived is the agent's to say: an invoker that said so might be overtaken."""
        recorder.event(EventType.AGENT_INVOCATION_SUCCEEDED, self._names)
        recorder.event(EventType.AGENT_BACKGROUND_TASK_STARTED, self._names)

    def beat(self) -> None:
        if self._waiting is not None:
            self._waiting.beat()

    async def brief(self) -> Head:
        """The run with its pipeline's name made the agent's, and with what the step before found in its question."""
        question = self._head.question
        if self._job.output:
            try:
                found = await self._threads.run(self._outputs.read, self._job.output)
            except Exception as error:
                log("host.output_not_read", level="ERROR", key=self._job.output, exc_info=True)
                sentence = "what the agent before found could not be read; the agents' log tells why"
                raise RunError(ErrorCode.INTERNAL, sentence, self._head.run_id) from error
            question = f"{question}\n\nWhat the agent {found.agent} found:\n{found.text}"
        return replace(self._head, agent=self._job.agent, question=question)

    async def keep(self, outcome: Outcome, task: AgentTask, left: float) -> Outcome:
        """The output of a step that is a success: whoever sees that it is done reads it."""
        if outcome.ending is not EventType.RUN_SUCCEEDED:
            return outcome
        found = StepOutput(self._job.agent, task.translation.final_text)
        try:
            async with asyncio.timeout(min(_KEEP_SECONDS, left / 2)):
                self._output = await self._threads.run(self._outputs.write, self._head.run_id, self._job.step, found)
        except Exception:
            log("host.output_not_kept", level="ERROR", exc_info=True)
            sentence = "what the agent found could not be stored; its text is in the journal, the agents' log tells why"
            return Outcome.failed(RunError(ErrorCode.INTERNAL, sentence, self._head.run_id))
        return outcome

    async def end(self, closing: Closing) -> Mapping[str, Any]:
        if not closing.is_success:
            await closing.recorder.fail_step({**self._names, "reason": closing.outcome.sentence})
            return await closing.end_run()
        if not self._job.is_last:
            await closing.audience.hand_over(closing.left() * AUDIENCE_SHARE)
        told = {
            **self._names,
            "output": self._output,
            "stop_reason": closing.outcome.stop_reason,
            **closing.figures(),
        }
        await closing.recorder.complete_step(self._job.step, self._output, told, closing.usage)
        return await closing.end_run() if self._job.is_last else told
