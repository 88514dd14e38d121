"""The answer of a run: its agent's text, or the last agent's text where several agents run in sequence."""

from client._events import RunEvent


class AnswerText:
    """Collects the text of a run's events; `add` takes them in order."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._agent_started = False

    def add(self, event: RunEvent) -> None:
        if event.type == "AGENT_BACKGROUND_TASK_STARTED":
            self._agent_started = True
        if event.text and self._agent_started:
            self._parts.clear()
            self._agent_started = False
        self._parts.append(event.text)

    @property
    def text(self) -> str:
        return "".join(self._parts)
