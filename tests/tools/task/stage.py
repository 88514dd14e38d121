"""One tool call in a container: a journal and a payload store in memory, a state machine that records what it is told,
and tools that are small programs."""

import sys
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from contract.events import EventType
from contract.run_ids import new_run_id
from runtime.environment import JournalEnvironment
from runtime.journal import NewRun
from runtime.journal.items import Item, Key
from runtime.journal.jobs import Jobs
from runtime.journal.table import ConditionFailed, Put, Table, Update
from runtime.process.task_tokens import TaskTokens
from tests.runtime.journal_table import MemoryPayloads
from tests.runtime.memory_journal import MemoryJournal
from tools.task.environment import TaskEnvironment
from tools.task.process import OnLine, ToolProcess
from tools.task.task_main import ToolCall

TOKEN = "token"
JOB = "t1-call"
ANSWERING = """
import json, os, sys
request = json.load(sys.stdin)
def answer(**values):
    os.write(int(sys.argv[1]), json.dumps(values).encode())
"""


class JobTable(Table):
    """The items of jobs: an update that is allowed changes the state."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Item] = {}

    def get(self, key: Key) -> Item | None:
        return self.items.get((key["pk"], key["sk"]))

    def put(self, put: Put) -> None:
        key = (put.item["pk"], put.item["sk"])
        if key in self.items:
            raise ConditionFailed
        self.items[key] = dict(put.item)

    def update(self, update: Update) -> Item:
        item = self.get(update.key)
        if item is None or item["state"] not in ("PREPARED", "RUNNING"):
            raise ConditionFailed
        values = update.values
        item["state"] = values.get(":end", values[":running"])
        item |= {name: values[f":{name}"] for name in ("token", "task") if f":{name}" in values}
        return item


class StateMachine:
    """A client of Step Functions; `is_over` lets it reject the token."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, dict[str, Any]]] = []
        self.beats = 0
        self.is_over = False

    def send_task_success(self, **arguments: Any) -> None:  # noqa: ANN401  boto3's
        self.reports.append(("success", arguments))

    def send_task_failure(self, **arguments: Any) -> None:  # noqa: ANN401  boto3's
        self.reports.append(("failure", arguments))

    def send_task_heartbeat(self, *, taskToken: str) -> None:  # noqa: N803
        assert taskToken == TOKEN
        self.beats += 1
        if self.is_over:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": "over"}}, "SendTaskHeartbeat")


PLACE = f"00-{'a' * 32}-{'b' * 16}-01"
"""Of the call in the trace of its run."""


class Stage:
    """A run with one job of the tool `profile_table`."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.journal = MemoryJournal()
        self.table, payloads = JobTable(), MemoryPayloads(self.bodies)
        self.journal.jobs = Jobs(self.table, payloads, 30, time.time)
        self.machine = StateMachine()
        self.payloads = payloads
        self.run_id = new_run_id()
        deadline = time.time() + 900
        self.journal.accept(NewRun(self.run_id, "session", "owner", "analyst", "How many?", None, deadline))
        self.requests: list[Mapping[str, Any]] = []

    def prepare(self, tool: str = "profile_table") -> None:
        self.journal.jobs.prepare(self.run_id, JOB, tool, "call-1", {"table": "nsw"}, PLACE)

    def call(self, program: str, heartbeat: float = 0.02) -> ToolCall:
        """The call, whose tool is the program."""

        def start(request: dict[str, Any], on_line: OnLine, /) -> ToolProcess:
            self.requests.append(request)
            return ToolProcess.start(request, on_line, (sys.executable, "-c", ANSWERING + program))

        environment = TaskEnvironment(
            JournalEnvironment("runs", "payloads", 30), self.run_id, JOB, TOKEN, heartbeat=heartbeat
        )
        client: Any = self.machine
        return ToolCall(environment, self.journal, TaskTokens(client), self.payloads, start)

    def progress(self) -> list[Mapping[str, Any]]:
        events = self.journal.events[self.run_id]
        return [event.data for event in events if event.type is EventType.TOOL_PROGRESS]

    @property
    def state(self) -> str:
        """That of the job."""
        (item,) = self.table.items.values()
        return str(item["state"])
