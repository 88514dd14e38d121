"""What AWS bills for a run of the ReAct workflow: list prices of us-east-1 in USD, of November 2026. Free tiers, log
ingestion and transfers are left out; the tokens of the model are not AWS's price here."""

from dataclasses import dataclass
from typing import Final

TRANSITION: Final = 0.025 / 1_000
"""Step Functions, Standard; a retry counts as a transition."""

LAMBDA_REQUEST: Final = 0.20 / 1_000_000
LAMBDA_GB_SECOND: Final = 0.0000166667
"""x86, first tier."""

DYNAMODB_WRITE: Final = 0.625 / 1_000_000
DYNAMODB_READ: Final = 0.125 / 1_000_000
"""On demand: a write of 1 KB, a strongly consistent read of 4 KB; a transaction takes two units for each item."""

S3_PUT: Final = 0.005 / 1_000
S3_GET: Final = 0.0004 / 1_000
"""Standard."""

FARGATE_VCPU_HOUR: Final = 0.04048
FARGATE_GB_HOUR: Final = 0.004445
"""Linux on x86, billed by the second, one minute at least."""


@dataclass(frozen=True, slots=True)
class Requests:
    """Units of DynamoDB and requests of S3."""

    writes: int
    reads: int
    puts: int
    gets: int

    def __add__(self, other: "Requests") -> "Requests":
        return Requests(
            self.writes + other.writes, self.reads + other.reads, self.puts + other.puts, self.gets + other.gets
        )

    def __mul__(self, times: int) -> "Requests":
        return Requests(self.writes * times, self.reads * times, self.puts * times, self.gets * times)

    @property
    def cost(self) -> float:
        stored = self.writes * DYNAMODB_WRITE + self.reads * DYNAMODB_READ
        return stored + self.puts * S3_PUT + self.gets * S3_GET


TURN: Final = Requests(writes=10, reads=9, puts=3, gets=8)
"""Of a turn with one tool in a function and no subscriber. invoke-llm reads the head, claims it and reads the newest
event (2 reads, 1 write), writes TEXT, USAGE and TOOL_CALL, and finds nobody to post to (4 writes); it reads three files
and writes one. dispatch-tool reads the head and a file, and writes the job (1, 1). data-query reads head, job and two
files, writes the result, and ends the job (2 reads, 1 write). append-tool-output reads head, job, newest event and the
turn's events (4 reads), two files, claims the head, writes TOOL_RESULT and a file, and finds nobody to post to (3
writes)."""

FRAME: Final = Requests(writes=15, reads=7, puts=2, gets=6)
"""Of the start, the last model call and the end: two transactions with the head, an event and the session."""


def run_cost(transitions: int, invocations: int, gb_seconds: float, turns: int) -> float:
    """Of one run, without tokens: its transitions, its functions, and what they read and write."""
    functions = invocations * LAMBDA_REQUEST + gb_seconds * LAMBDA_GB_SECOND
    return transitions * TRANSITION + functions + (TURN * turns + FRAME).cost


def task_cost(vcpus: float, gigabytes: float, seconds: float) -> float:
    """Of one tool call in a container of Fargate."""
    return max(60.0, seconds) / 3_600 * (vcpus * FARGATE_VCPU_HOUR + gigabytes * FARGATE_GB_HOUR)
