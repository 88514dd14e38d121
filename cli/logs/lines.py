"""Log lines for people: the JSON objects of our functions are formatted, AWS's own lines are left as they are."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from cli.output import printable
from contract.sandbox_access import without_secret

NAME_WIDTH = len("workflow-closer")
LEVEL_STYLES = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "bold red"}
HEAD = ("time", "level", "event", "traceback")
PLATFORM = ("START ", "END ", "REPORT ", "INIT_START ", "EXTENSION ")
PLATFORM_TYPES = ("platform.", "sandbox.")
AGENTCORE = {"timestamp", "level", "message", "logger"}
"""The keys of every line of AgentCore's SDK."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """`function` is the name for `longrun logs --function`; `at` is ISO 8601 in UTC; `message` is the raw line, without
    the secret of a sandbox: exporters of traces log their URL, which has it, where they fail."""

    id: str
    at: str
    function: str
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", without_secret(self.message))

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "id"} | {"record": self.record()}

    def record(self) -> Mapping[str, Any] | None:
        """The JSON object of our functions, or AgentCore's with the same keys; None for other lines."""
        value = self._object()
        if "event" in value:
            return value
        return _of_agentcore(value) if value.keys() >= AGENTCORE else None

    @property
    def by_platform(self) -> bool:
        """Whether Lambda itself (or the sandbox in its place) wrote the line, about an invocation."""
        return self.message.startswith(PLATFORM) or str(self._object().get("type")).startswith(PLATFORM_TYPES)

    def _object(self) -> Mapping[str, Any]:
        try:
            value = json.loads(self.message)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


def show(console: Console, line: LogLine) -> None:
    """Writes the line: time, function, event, then the fields; a traceback is written below."""
    record = line.record()
    head = Text.assemble((line.at[11:23], "dim"), " ", (f"{line.function:<{NAME_WIDTH}}", "cyan"))
    if record is None:
        console.print(head, Text(printable(line.message.rstrip()), style="dim"), soft_wrap=True)
        return
    style = LEVEL_STYLES.get(str(record.get("level")), "")
    event = Text(printable(str(record["event"])), style=f"{style} bold".strip())
    fields = " ".join(f"{name}={_field(value)}" for name, value in record.items() if name not in HEAD)
    console.print(head, event, Text(printable(fields)), soft_wrap=True)
    if record.get("traceback"):
        console.print(Text(printable(str(record["traceback"]).rstrip()), style=style), soft_wrap=True)


def _of_agentcore(value: Mapping[str, Any]) -> Mapping[str, Any]:
    record = {"time": value["timestamp"], "level": value["level"], "event": value["message"]}
    record["run_id"] = value.get("sessionId", "")
    if value.get("stackTrace"):
        record["traceback"] = "".join(value["stackTrace"])
    return {name: part for name, part in record.items() if part}


def _field(value: object) -> str:
    if isinstance(value, str) and value and not any(character.isspace() for character in value):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
