"""The head of a run: what is true of it now, in one item."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.events import Status
from runtime.journal.items import Item

Data = Mapping[str, Any]
Usage = Mapping[str, int] | None
"""What a run has used, by name; None where that stays as it was."""


@dataclass(frozen=True, slots=True)
class Head:
    """A run. Times with `_at` are seconds since 1970 but for `created_at`, which is ISO 8601; `subscribers` maps a
    connection id to the last seq it has; `last_seq` is set by the closing event, None before. `claimed_at` is that of
    the newest worker, 0 before the first; its `heartbeat_at` is the same until it sends a heartbeat.

    A background run has the ARN of its `workflow`'s execution, empty for all others, and is worked on in steps, one for
    each agent, counted from 1: `step` has started or is lost, `step_done` is done (0 for none), and `output` is the
    key of what that one found. `traceparent` is the trace that the run belongs to, empty for none.

    A run that waits for its turn is `behind` another one of its session, until that has ended; `next_run` is the one
    that waits for this run's end. `messages` is the number of those that may steer it and that nobody has looked for,
    `steered` the number of the newest event MESSAGE, 0 for none.
    `run_seconds` is the time that a worker has from its invocation on, 0 where the run's start did not record it.
    `answers` are those given ahead of time that no question has used yet, `open_questions` is the number of questions
    for which the run waits, `paused_epoch` the epoch of the worker that asked the newest of them (0 for none). Until
    `delivery_until` one process posts to the subscribers, see TurnDelivery."""

    run_id: str
    status: Status
    epoch: int
    owner: str
    session_id: str
    agent: str
    question: str
    created_at: str
    deadline_at: float
    heartbeat_at: float
    subscribers: Mapping[str, int]
    cancel_requested: bool
    usage: Mapping[str, int]
    error: Mapping[str, Any] | None
    last_seq: int | None
    workflow: str = ""
    step: int = 0
    step_done: int = 0
    output: str = ""
    traceparent: str = ""
    claimed_at: float = 0.0
    answers: tuple[Any, ...] = ()
    open_questions: int = 0
    delivery_until: float = 0.0
    run_seconds: float = 0.0
    behind: str = ""
    next_run: str = ""
    messages: int = 0
    steered: int = 0
    paused_epoch: int = 0

    @property
    def resumes(self) -> bool:
        """Whether the run's newest worker continues what another has left when it asked."""
        return 0 < self.paused_epoch == self.epoch - 1


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be accepted. `connection_id` subscribes to it from the first event, None for no subscriber;
    `deadline_at` is the moment, in seconds since 1970, by which it must have ended. A background run has the ARN of its
    `workflow`'s execution; `agents` are those that work in turn, and `agent` names them all. `answers` are given ahead
    of time, for its first questions. Where its session has an active run it is rejected, waits for its turn (`if_busy`
    is queue), or may in addition steer the active one (steer)."""

    run_id: str
    session_id: str
    owner: str
    agent: str
    question: str
    connection_id: str | None
    deadline_at: float
    workflow: str = ""
    traceparent: str = ""
    agents: tuple[str, ...] = ()
    answers: tuple[Any, ...] = ()
    if_busy: str = "reject"

    def is_request_of(self, head: Head) -> bool:
        """Whether the head's run was requested with the same agent, question and session."""
        return (self.agent, self.question, self.session_id) == (head.agent, head.question, head.session_id)


def new_head(run: NewRun, created_at: str, now: float) -> Item:
    head: Item = {
        "run_id": run.run_id,
        "status": Status.QUEUED.value,
        "epoch": 0,
        "owner": run.owner,
        "session_id": run.session_id,
        "agent": run.agent,
        "question": run.question,
        "created_at": created_at,
        "deadline_at": run.deadline_at,
        "run_seconds": max(0.0, round(run.deadline_at - now, 3)),
        "heartbeat_at": 0,
        "subscribers": {} if run.connection_id is None else {run.connection_id: 0},
        "cancel_requested": False,
        "usage": {},
        "error": None,
        "last_seq": None,
    }
    if run.workflow:
        head |= {"workflow": run.workflow, "step": 0, "step_done": 0, "output": ""}
    if run.traceparent:
        head["traceparent"] = run.traceparent
    if run.answers:
        # as text: DynamoDB's numbers are not JSON's; unescaped: an item holds 400 KB
        head["answers"] = json.dumps(run.answers, ensure_ascii=False)
    return head


def head_from(item: Item) -> Head:
    return Head(
        run_id=item["run_id"],
        status=Status(item["status"]),
        epoch=item["epoch"],
        owner=item["owner"],
        session_id=item["session_id"],
        agent=item["agent"],
        question=item["question"],
        created_at=item["created_at"],
        deadline_at=float(item["deadline_at"]),
        heartbeat_at=float(item["heartbeat_at"]),
        subscribers=item["subscribers"],
        cancel_requested=item["cancel_requested"],
        usage=item["usage"],
        error=item["error"],
        last_seq=item["last_seq"],
        workflow=item.get("workflow", ""),
        step=item.get("step", 0),
        step_done=item.get("step_done", 0),
        output=item.get("output", ""),
        traceparent=item.get("traceparent", ""),
        claimed_at=float(item.get("claimed_at", 0)),
        answers=tuple(json.loads(item.get("answers", "[]"))),
        open_questions=item.get("open_questions", 0),
        delivery_until=float(item.get("delivery_until", 0)),
        run_seconds=float(item.get("run_seconds", 0)),
        behind=item.get("behind", ""),
        next_run=item.get("next_run", ""),
        messages=item.get("messages", 0),
        steered=item.get("steered", 0),
        paused_epoch=item.get("paused_epoch", 0),
    )
