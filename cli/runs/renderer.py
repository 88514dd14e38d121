"""Shows a run's events as they arrive: text token by token, tool calls with their results, the agents' steps."""

from collections.abc import Mapping
from typing import Any, Protocol

from rich.console import Console
from rich.padding import Padding
from rich.status import Status
from rich.text import Text

from cli.output import printable
from cli.runs.agent_steps import AgentSteps, call_failure
from cli.runs.questions import described, shown
from cli.runs.tool_output import shortened, tool_input, tool_result
from cli.runs.wrapping import LineBreaker


class RunEvent(Protocol):
    """The parts of an event that the renderer reads."""

    @property
    def type(self) -> str: ...

    @property
    def at(self) -> str: ...

    @property
    def data(self) -> Mapping[str, Any]: ...


class RunRenderer:
    """Writes events to a console: text as it arrives, everything else on separate lines.

    On a terminal, a spinner shows what the run waits for while the cursor is at the start of a line.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._spinner: Status | None = None
        self._in_text = False
        self._breaker: LineBreaker | None = None
        self._steps = AgentSteps()
        self._calls: dict[object, str] = {}
        self._is_several = False
        self._show = {
            "RUN_ACCEPTED": self._accepted,
            "AGENT_INVOCATION_STARTED": self._calling,
            "AGENT_INVOCATION_FAILED": self._call_failed,
            "TEXT": self._text,
            "TOOL_CALL": self._tool_call,
            "TOOL_PROGRESS": self._tool_progress,
            "TOOL_RESULT": self._tool_result,
            "QUESTION": self._question,
            "ANSWER": self._answer,
            "MESSAGE": self._message,
            "CANCEL_REQUESTED": self._cancel_requested,
            "HANDED_OVER": self._taken_over,
        }
        self._show_step = {
            "AGENT_BACKGROUND_TASK_STARTED": self._started,
            "AGENT_BACKGROUND_TASK_COMPLETED": self._finished,
            "AGENT_BACKGROUND_TASK_FAILED": self._stopped,
        }

    def show(self, event: RunEvent) -> None:
        """Shows one event; types that are of no interest to a reader are ignored."""
        kind = str(event.type)
        if kind in self._show:
            self._show[kind](event.data)
        elif kind in self._show_step:
            self._show_step[kind](event.data, event.at)

    def waiting(self, text: str) -> None:
        """Shows what the run waits for, until the next event is shown."""
        if not self._console.is_terminal or self._console.quiet or self._in_text:
            return
        if self._spinner is None:
            self._spinner = self._console.status(text)
            self._spinner.start()
        else:
            self._spinner.update(text)

    def note(self, text: str) -> None:
        """Writes a remark between the events, such as a lost connection."""
        self._end_text()
        self._console.print(Text(f"- {printable(text)}", style="yellow"), soft_wrap=True)

    def close(self) -> None:
        """Moves the cursor to the start of a line and stops the spinner."""
        self._end_text()

    def _stop_spinner(self) -> None:
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None

    def _end_text(self) -> None:
        self._stop_spinner()
        if self._in_text:
            self._console.print()
            self._in_text = False

    def _accepted(self, data: Mapping[str, Any]) -> None:
        planned = self._steps.planned(data.get("agent"), data.get("agents"))
        if planned is None:
            self.waiting(f"waiting for {printable(str(data.get('agent', 'the agent')))}")
        else:
            self._console.print(Text(planned, style="dim"), soft_wrap=True)
            self.waiting(f"waiting for the workflow to call {self._steps.first}")

    def _calling(self, data: Mapping[str, Any]) -> None:
        agent = data.get("agent")
        self.waiting(f"calling {printable(str(agent))}" if agent else "waiting for the first token")

    def _call_failed(self, data: Mapping[str, Any]) -> None:
        self.note(call_failure(data))
        self.waiting("waiting for the workflow")

    def _started(self, data: Mapping[str, Any], at: str) -> None:
        self._step_line(self._steps.started(data, at), "bold magenta")
        self.waiting("waiting for the first token")

    def _finished(self, data: Mapping[str, Any], at: str) -> None:
        self._step_line(self._steps.finished(data, at), "magenta")
        following = self._steps.following(data)
        self.waiting(f"waiting for the workflow to call {following}" if following else "waiting for the end")

    def _stopped(self, data: Mapping[str, Any], at: str) -> None:
        self._step_line(self._steps.stopped(data, at), "red")

    def _step_line(self, text: str, style: str) -> None:
        """Writes a line about an agent's step, separate from the agents' text."""
        self._end_text()
        self._console.print(Text(f"* {printable(text)}", style=style), soft_wrap=True)

    def _text(self, data: Mapping[str, Any]) -> None:
        text = printable(str(data.get("text", "")))
        if not self._in_text:
            text = text.lstrip("\n")
            self._breaker = LineBreaker(self._console.width) if self._console.is_terminal else None
        if not text:
            return
        self._stop_spinner()
        if self._breaker is not None:
            text = self._breaker.feed(text)
        self._console.out(text, end="", highlight=False)
        self._console.file.flush()
        self._in_text = True

    def _tool_call(self, data: Mapping[str, Any]) -> None:
        self._end_text()
        name = printable(str(data.get("name", "tool")))
        self._is_several = bool(self._calls)
        self._calls[data.get("tool_use_id")] = name
        self._console.print(Text.assemble("> ", (name, "bold cyan")))
        arguments = data.get("input")
        if isinstance(arguments, Mapping) and arguments:
            self._console.print(Padding(Text(tool_input(arguments), style="cyan"), (0, 0, 0, 4), expand=False))
        self.waiting(f"{name} is running")

    def _tool_progress(self, data: Mapping[str, Any]) -> None:
        text = str(data.get("text", "")).rstrip("\n")
        if not text:
            return
        self._end_text()
        name = self._calls.get(data.get("tool_use_id"), "")
        prefix = f"{name}: " if self._is_several and name else ""
        self._console.print(Padding(Text(prefix + shortened(text), style="dim"), (0, 0, 0, 4), expand=False))
        if name:
            self.waiting(f"{name} is running")

    def _question(self, data: Mapping[str, Any]) -> None:
        self._end_text()
        text = printable(str(data.get("text", "")))
        self._console.print(Text.assemble(("? ", "bold magenta"), (text, "bold")), soft_wrap=True)
        for line in described(data):
            self._console.print(Text(f"  {line}", style="dim"), soft_wrap=True)
        if data.get("rejected"):
            self._console.print(
                Text(f"  the answer given ahead of time does not fit: {printable(str(data['rejected']))}", style="red"),
                soft_wrap=True,
            )
        self.waiting("waiting for an answer")

    def _answer(self, data: Mapping[str, Any]) -> None:
        self._end_text()
        by = {"default": "not answered in time, so the default counts", "ahead": "answered ahead of time"}
        how = by.get(str(data.get("by")), "answered")
        answer = shortened(shown(data.get("answer")))
        self._console.print(Text.assemble(("= ", "bold magenta"), f"{how}: {answer}"), soft_wrap=True)
        self.waiting("waiting for the run to go on")

    def _message(self, data: Mapping[str, Any]) -> None:
        self._end_text()
        text = shortened(str(data.get("text", "")))
        self._console.print(Text.assemble(("+ ", "bold magenta"), f"message to the agent: {text}"), soft_wrap=True)
        self.waiting("the agent is thinking")

    def _tool_result(self, data: Mapping[str, Any]) -> None:
        self._end_text()
        name = self._calls.pop(data.get("tool_use_id"), "")
        if self._is_several and name:
            self._console.print(Padding(Text(f"{name}:", style="cyan"), (0, 0, 0, 2), expand=False))
        if data.get("status") not in {None, "success"}:
            self._console.print(Padding(Text("the tool failed:", style="red"), (0, 0, 0, 4), expand=False))
        self._console.print(tool_result(str(data.get("content", "")), self._console.width))
        if data.get("truncated"):
            self._console.print(
                Padding(
                    Text("(truncated to fit a frame; the journal has the full result)", style="dim"),
                    (0, 0, 0, 4),
                    expand=False,
                )
            )
        running = next(iter(self._calls.values()), None)
        self.waiting(f"{running} is running" if running else "the agent is thinking")

    def _cancel_requested(self, _data: Mapping[str, Any]) -> None:
        self.note("cancellation requested")

    def _taken_over(self, _data: Mapping[str, Any]) -> None:
        self.note("another worker took over the run")
