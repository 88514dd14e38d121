"""A stage whose journal is the real one, over DynamoDB Local: for runs that ask and wait."""

import time
from dataclasses import replace
from typing import Any, cast

from strands import Agent

from contract.events import Event, EventType, Status
from contract.run_ids import new_run_id
from contract.step_request import StepRequest
from runtime.agent_context import AgentContext
from runtime.delivery.connections import Connections
from runtime.journal import Head, Journal, NewRun
from runtime.journal.questions import Settled, StoredQuestion
from tests.runtime.background_stage import BackgroundStage
from tests.runtime.stage import Stage


class Recorded:
    """The events of every run, as the journal has them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __getitem__(self, run_id: str) -> list[Event]:
        return self._journal.read(run_id, 0, 1_000)


class TableStage(Stage):
    """A worker over the table."""

    def __init__(self, journal: Journal, connections: Connections) -> None:
        super().__init__(cast(Any, journal), connections)
        cast(Any, journal).events = Recorded(journal)
        self.table_journal = journal
        self.middleware: list[tuple[Any, Any]] = []

    def _agent(self, context: AgentContext) -> Agent:
        agent = super()._agent(context)
        for stage, function in self.middleware:
            agent.add_middleware(stage, function)
        return agent

    def accept_with(self, *answers: object, question: str = "How?", session_id: str | None = None) -> str:
        """A run with answers ahead of time."""
        run_id = new_run_id()
        run = NewRun(run_id, session_id or run_id, f"owner-{run_id[:8]}", "scripted", question, "c1", time.time() + 900)
        self.table_journal.accept(replace(run, answers=answers))
        return run_id

    def ask(self, *answers: object) -> str:
        """A run that is served once."""
        run_id = self.accept_with(*answers)
        self.serve(run_id)
        return run_id

    def head(self, run_id: str) -> Head:
        return self.table_journal.head(run_id)

    def open(self, run_id: str) -> list[StoredQuestion]:
        """The open questions, in the order in which they were asked."""
        asked = [event.data["question_id"] for event in self.of(run_id, EventType.QUESTION)]
        return sorted(self.table_journal.questions.open(run_id), key=lambda one: asked.index(one.question_id))

    def answer(self, run_id: str, answer: object, question_id: str | None = None) -> Settled:
        return self.table_journal.questions.answer(run_id, question_id, answer, time.time() + 900)

    def go_on(self, run_id: str, *answers: object) -> None:
        """Answer the open questions in order, and serve the run again in another process."""
        for question, answer in zip(self.open(run_id), answers, strict=True):
            self.answer(run_id, answer, question.question_id)
        assert self.head(run_id).status is Status.QUEUED
        self.serve(run_id)

    def of(self, run_id: str, kind: EventType) -> list[Event]:
        return [event for event in cast(Any, self.journal).events[run_id] if event.type is kind]

    def results(self, run_id: str) -> list[tuple[str, str]]:
        """Status and content of the tools' results."""
        return [(one.data["status"], one.data["content"]) for one in self.of(run_id, EventType.TOOL_RESULT)]


class TableSteps(BackgroundStage):
    """Background steps over the table."""

    def __init__(self, stage: TableStage) -> None:
        super().__init__(stage)
        self.table = stage

    def answer(self, job: StepRequest, answer: object) -> None:
        self.table.table_journal.questions.answer(job.run_id, None, answer)
