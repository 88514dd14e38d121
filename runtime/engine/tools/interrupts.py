"""Interrupts of tools: one that cannot be a question is the tool's error, which the model reads."""

from typing import Any

from strands.hooks import BeforeToolsEvent
from strands.types._events import ToolInterruptEvent  # Strands exports the other events only
from strands.types.events import ToolResultEvent

from contract.limits import MAX_QUESTIONS
from runtime.engine.asking.forms import BadQuestionError, form_of
from runtime.engine.tools.results import to_result
from runtime.process.logs import log


class InterruptCheck:
    """Checks the interrupts of one agent's tools; those of one turn together are at most ten."""

    def __init__(self) -> None:
        self._open = 0

    def reset(self, event: BeforeToolsEvent) -> None:  # noqa: ARG002
        """A turn's tools begin, or begin again after an answer."""
        self._open = 0

    def checked(
        self, event: ToolInterruptEvent, tool_use_id: str, invocation_state: dict[str, Any], *, cut: bool
    ) -> ToolInterruptEvent | ToolResultEvent:
        """The event, or an error as the tool's result in its place. `cut`: a question that is too long is no error,
        because the one who asks cannot shorten it."""
        try:
            self._check(event, cut)
        except BadQuestionError as problem:
            log("worker.bad_question", level="WARNING", reason=str(problem))
            self._forget(event, invocation_state)
            failed = {"status": "error", "content": f"Error: the user was not asked: {problem}"}
            return ToolResultEvent(to_result(failed, tool_use_id), exception=problem)
        self._open += len(event.interrupts)
        return event

    def _check(self, event: ToolInterruptEvent, cut: bool) -> None:
        for interrupt in event.interrupts:
            form_of(interrupt, cut=cut)
        if self._open + len(event.interrupts) > MAX_QUESTIONS:
            raise BadQuestionError(f"at most {MAX_QUESTIONS} questions can be asked at once; ask this one later")

    @staticmethod
    def _forget(event: ToolInterruptEvent, invocation_state: dict[str, Any]) -> None:
        """Strands has registered the interrupt of a tool, and would surface it with the agent's next one."""
        state = getattr(invocation_state.get("agent"), "_interrupt_state", None)
        if state is not None:
            for interrupt in event.interrupts:
                state.interrupts.pop(interrupt.id, None)
