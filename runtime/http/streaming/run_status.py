"""The state of a run for its owner, as JSON."""

from typing import Any

from contract.events import Event, EventType, Status
from runtime.journal import Head, Journal


def run_status(journal: Journal, head: Head) -> dict[str, Any]:
    """The run, with its open questions while it waits, and its answer, as far as it came, once it has ended."""
    status: dict[str, Any] = {
        "run_id": head.run_id,
        "status": head.status.value,
        "agent": head.agent,
        "session_id": head.session_id,
        "question": head.question,
        "created_at": head.created_at,
        "cancel_requested": head.cancel_requested,
        "usage": dict(head.usage),
        "error": None if head.error is None else dict(head.error),
    }
    if head.behind:
        status["behind"] = head.behind
    if head.status is Status.WAITING:
        status["questions"] = [open_.question.to_data() for open_ in journal.questions.open(head.run_id)]
    if head.status.is_terminal:
        status["answer"] = _answer(journal, head.run_id)
    return status


def _answer(journal: Journal, run_id: str) -> str:
    """The text of the agent, or of the last one where several have worked in turn."""
    parts: list[str] = []
    agent_started = False
    for event in journal.scan(run_id, complete=(EventType.TEXT,)):
        if event.type is EventType.AGENT_BACKGROUND_TASK_STARTED:
            agent_started = True
        elif (text := _text(event)) and agent_started:
            parts, agent_started = [text], False
        elif text:
            parts.append(text)
    return "".join(parts)


def _text(event: Event) -> str:
    return str(event.data.get("text", "")) if event.type is EventType.TEXT else ""
