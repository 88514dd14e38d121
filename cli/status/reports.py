"""What is shown of each part of a stack. `problem` is the reason why a part, or some of it, cannot be shown."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cli.status.last_error import LastError

MISSING = "Missing"
"""The state of what the stack names and AWS does not have, in this account and region."""


@dataclass(frozen=True, slots=True)
class FunctionReport:
    """`state` is Lambda's (Active, Pending, Failed, Inactive) or Missing, None where it is not known."""

    label: str
    name: str
    state: str | None = None
    state_reason: str | None = None
    state_reason_code: str | None = None
    last_update_status: str | None = None
    last_update_status_reason: str | None = None
    last_update_status_reason_code: str | None = None
    last_error: LastError | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class TableReport:
    """`items` is DynamoDB's own count, which AWS brings up to date about every six hours."""

    label: str
    name: str
    status: str | None = None
    items: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """The newest execution that ended as FAILED, TIMED_OUT or ABORTED; `cause` has no secret and is cut."""

    execution: str
    status: str
    at: str
    error: str
    cause: str


@dataclass(frozen=True, slots=True)
class StateMachineReport:
    """Numbers of executions of the last 90 days, each up to 1,000; `more` are the statuses that have more."""

    label: str
    arn: str
    status: str | None = None
    running: int | None = None
    failed: int | None = None
    timed_out: int | None = None
    aborted: int | None = None
    more: tuple[str, ...] = ()
    last_failure: Failure | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class QueueReport:
    label: str
    url: str
    messages: int | None = None
    in_flight: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class JournalReport:
    """`connections` are open; `runs` are by status. Both are of the `scanned` items only where not `is_complete`."""

    connections: int | None = None
    runs: Mapping[str, int] | None = None
    scanned: int = 0
    is_complete: bool = True
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """All parts of a deployment."""

    journal: JournalReport
    functions: tuple[FunctionReport, ...] = ()
    tables: tuple[TableReport, ...] = ()
    state_machines: tuple[StateMachineReport, ...] = ()
    queues: tuple[QueueReport, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The keys that `longrun status --json` adds to those of the deployment."""
        journal = self.journal
        return {
            "connections": journal.connections,
            "runs": journal.runs,
            "runs_counted": {
                "scanned": journal.scanned,
                "complete": journal.is_complete,
                "problem": journal.problem,
            },
            **{
                kind: [asdict(part) for part in getattr(self, kind)]
                for kind in ("functions", "tables", "state_machines", "queues")
            },
        }


NOTHING = Overview(JournalReport())
"""Of a sandbox that does not run, or that has no deployment."""
