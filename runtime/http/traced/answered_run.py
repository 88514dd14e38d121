"""A full run whose answer the process itself needs, for the caller that waits."""

from collections.abc import Mapping
from typing import Any

from contract.questions import Question
from runtime.engine.agent_task import AgentTask
from runtime.engine.outcome import Outcome
from runtime.engine.runs.full_run import FullRun
from runtime.engine.runs.question_timers import QuestionTimers
from runtime.engine.unit_of_work import Completion
from runtime.journal import Head
from runtime.process.threads import Threads


class NoTimers(QuestionTimers):
    """For a process that settles each question at once."""

    def __init__(self) -> None:
        """Needs no client."""

    def set(self, run_id: str, question: Question) -> None:
        """There is nothing to wait for."""


class AnsweredRun(FullRun):
    """`outcome` is None until this process has written the end; then there are the `answer`, and the `usage` of the
    whole run."""

    def __init__(self, threads: Threads) -> None:
        super().__init__(threads, NoTimers())
        self.outcome: Outcome | None = None
        self.answer = ""
        self.usage: Mapping[str, int] = {}

    async def store(self, head: Head, outcome: Outcome, task: AgentTask, left: float) -> Outcome:
        self.answer = task.translation.final_text
        return await super().store(head, outcome, task, left)

    async def finish(self, completion: Completion) -> Mapping[str, Any]:
        data = await super().finish(completion)
        if not completion.writer.is_fenced:
            self.outcome, self.usage = completion.outcome, completion.usage
        return data
