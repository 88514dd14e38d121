"""The answer of a run: what its agent says, and where several work in turn, what the last of them says."""

from client.events import RunEvent


class AnswerText:
    """Gathers the text of a run's events in their order."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._next_speaks = False

    def add(self, event: RunEvent) -> None:
        if event.type == "AGENT_BACKGROUND_TASK_STARTED":
            self._next_speaks = True
        if event.text and self._next_speaks:
            self._parts.clear()
            self._next_speaks = False
        self._parts.append(event.text)

    @property
    def text(self) -> str:
        return "".join(self._parts)
