"""Accepts the run of an execution in the journal, once, or records there why it cannot be served."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from contract import fields
from contract.errors import ErrorCode, RunError
from contract.events import EventType
from contract.limits import MAX_QUESTION_BYTES
from contract.owners import ANONYMOUS, NOBODY, USER
from contract.start_event import cut
from contract.workflow_input import WorkflowInput, read_workflow_input, run_id_of_execution
from runtime.journal import Head, Journal, NewRun
from runtime.process.logs import log

_TAKEN: Final = frozenset({ErrorCode.CONFLICT, ErrorCode.NOT_OWNER})
"""Codes with which the journal rejects a run whose id or session is another's."""


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution of the state machine: its ARN, its name, and the input that its caller gave."""

    arn: str
    name: str
    input: object

    @property
    def run_id(self) -> str:
        return run_id_of_execution(self.input, self.name, self.arn)

    @property
    def traceparent(self) -> str:
        """The trace that the input names, whatever else is wrong with it; empty for none."""
        given = self.input.get("traceparent") if isinstance(self.input, Mapping) else None
        return given if isinstance(given, str) else ""

    @property
    def session_id(self) -> str:
        """The session that the input names, whatever else is wrong with it; its own where it names none."""
        given = self.input.get("sessionId") if isinstance(self.input, Mapping) else None
        return given if given and isinstance(given, str) else self.run_id


@dataclass(frozen=True, slots=True)
class Accepted:
    """The run's head and its valid input, or the `problem` for which it is not served; `head` is None where the id is
    another caller's run, which stays as it is."""

    head: Head | None
    request: WorkflowInput | None
    problem: RunError | None = None


class Acceptance:
    """`agents` may be asked for, the first is the default; `run_timeout` is in seconds."""

    def __init__(
        self, journal: Journal, agents: tuple[str, ...], run_timeout: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._journal = journal
        self._agents = agents
        self._run_timeout = run_timeout
        self._clock = clock

    def accept(self, execution: Execution, traceparent: str) -> Accepted:
        """Accept the run; the same execution again returns the first head. What cannot be served is recorded as
        RUN_FAILED, unless the id is another's. Raises RunError where the journal is busy."""
        try:
            request = read_workflow_input(execution.input)
            agent = self._agent(request.agent)
        except RunError as problem:
            return self._rejected(self._partial_run(execution, traceparent), problem)
        run = self._new_run(execution, request, agent, traceparent)
        try:
            head, _ = self._journal.accept(run)
        except RunError as problem:
            if problem.code not in _TAKEN:
                raise
            # where the session is not to be had; an id that is another's is rejected again
            return self._rejected(replace(run, session_id=run.run_id, answers=()), problem)
        return Accepted(head, request)

    def record(self, execution: Execution, traceparent: str) -> Head | None:
        """The head of an execution that failed before its run was accepted; None where the id is another's."""
        accepted = self.accept(execution, traceparent)
        head = accepted.head
        return head if head is not None and head.workflow == execution.arn else None

    def _agent(self, name: str) -> str:
        if not name:
            return self._agents[0]
        if name not in self._agents:
            raise fields.invalid(
                f"Agent {fields.shown(name)} is not deployed here; known agents: {_listed(self._agents)}."
            )
        return name

    def _rejected(self, run: NewRun, problem: RunError) -> Accepted:
        try:
            head, _ = self._journal.accept(run)
        except RunError as other:
            if other.code not in _TAKEN:
                raise
            log("react.rejection_not_recorded", level="WARNING", reason=problem.message, why=other.message)
            return Accepted(None, None, problem)
        if head.workflow != run.workflow:
            return Accepted(head, None, problem)
        self._journal.close(head.run_id, EventType.RUN_FAILED, problem.data, problem.data)
        return Accepted(self._journal.head(head.run_id), None, problem)

    def _new_run(self, execution: Execution, request: WorkflowInput, agent: str, traceparent: str) -> NewRun:
        return NewRun(
            run_id=execution.run_id,
            session_id=request.session_id or execution.run_id,
            owner=request.owner,
            agent=agent,
            question=request.question,
            connection_id=None,
            deadline_at=self._clock() + self._run_timeout,
            workflow=execution.arn,
            traceparent=traceparent,
            agents=(agent,),
            answers=request.answers,
        )

    def _partial_run(self, execution: Execution, traceparent: str) -> NewRun:
        """What an invalid input leaves, so that whoever watches the run finds it. A user that is not valid leaves no
        question, and a run that is nobody's."""
        given: Mapping[str, Any] = execution.input if isinstance(execution.input, Mapping) else {}
        user = given.get("user", ANONYMOUS)
        owner = user if isinstance(user, str) and USER.fullmatch(user) else NOBODY
        query = given.get("query")
        text = query.get("text") if isinstance(query, Mapping) else ""
        return NewRun(
            run_id=execution.run_id,
            session_id=execution.run_id,
            owner=owner,
            agent=self._agents[0],
            question="" if owner == NOBODY else cut(text, MAX_QUESTION_BYTES),
            connection_id=None,
            deadline_at=self._clock() + self._run_timeout,
            workflow=execution.arn,
            traceparent=traceparent,
            agents=(self._agents[0],),
        )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)
