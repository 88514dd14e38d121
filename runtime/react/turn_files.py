"""The conversation of a run in the payload bucket: one object for each model call and one for the results after it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from botocore.exceptions import ClientError

from runtime.process.threads import ThreadPool

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

P = ParamSpec("P")
R = TypeVar("R")

TOOL_USE: Final = "tool_use"
"""The stop reason of a model call that calls tools."""

_NOT_NEW: Final = "PreconditionFailed"
_BUSY: Final = "ConditionalRequestConflict"
"""Another request is writing the same object: the outcome is known when it has ended."""

_ATTEMPTS: Final = 5
_READERS: Final = 8


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call of the model. `schema` is the JSON schema of the tool's input, `kind` what the tool states about
    where it runs (empty for none), `refused` the error for the model where the call is not run."""

    tool_use_id: str
    name: str
    input: Mapping[str, Any]
    schema: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class SavedTurn:
    """What one model call has left. `messages` are the agent's in JSON values, the model's newest last; `version` is
    that of the session's conversation which they continue (None: there was none). `usage` is the run's so far, `seq`
    the number of the newest event before those that report the calls, `steered` that of the newest event MESSAGE whose
    text the messages have. `text` is the message's."""

    turn: int
    messages: list[Any]
    version: str | None
    stop_reason: str
    usage: Mapping[str, int]
    seq: int
    text: str = ""
    has_text: bool = False
    """Whether the run has text so far, of whichever turn."""
    steered: int = 0
    calls: tuple[Call, ...] = ()
    output: Any = None
    """The answer of an agent with structured output, in JSON values."""
    invalid_outputs: int = 0
    """Structured outputs of the run so far that were invalid."""

    @property
    def runnable(self) -> list[Call]:
        """The calls that the state machine runs."""
        return [call for call in self.calls if not call.refused]

    def call(self, tool_use_id: str) -> Call | None:
        return next((call for call in self.calls if call.tool_use_id == tool_use_id), None)


class TurnFiles:
    """Reads and writes them. Calls block, and raise botocore's errors where the bucket does not respond."""

    def __init__(self, bucket: str, s3: S3Client) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._readers = ThreadPool(_READERS, "longrun-reader")

    def begin(self, read: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Start a read in a thread: the reads of a step do not wait for one another."""
        return self._readers.submit(read, *args, **kwargs)

    @classmethod
    def create(cls, bucket: str) -> TurnFiles:
        from runtime.process.aws_clients import minimal_client  # noqa: PLC0415  modules that only name the types need not pay

        return cls(bucket, minimal_client("s3", attempts=3))

    def turn(self, run_id: str, turn: int) -> SavedTurn | None:
        """None for a turn whose model call has not ended."""
        stored = self.read(_key(run_id, f"turn-{turn:03d}"))
        if stored is None:
            return None
        return SavedTurn(**{**stored, "calls": tuple(Call(**call) for call in stored["calls"])})

    def save_turn(self, run_id: str, saved: SavedTurn) -> bool:
        """Store it, once; False where the turn is stored already, by another attempt."""
        return self._create(_key(run_id, f"turn-{saved.turn:03d}"), asdict(saved))

    def results(self, run_id: str, turn: int) -> list[Any] | None:
        """The messages that follow the turn's: the results of its calls, and what the user said meanwhile."""
        stored: list[Any] | None = self.read(_key(run_id, f"results-{turn:03d}"))
        return stored

    def save_results(self, run_id: str, turn: int, messages: list[Any]) -> bool:
        """Store them, once; False where they are stored already."""
        return self._create(_key(run_id, f"results-{turn:03d}"), messages)

    def read(self, key: str) -> Any:  # noqa: ANN401  any JSON
        """The JSON value stored under the key; None for none."""
        try:
            stored = self._s3.get_object(Bucket=self._bucket, Key=key)
        except self._s3.exceptions.NoSuchKey:
            return None
        return json.loads(stored["Body"].read())

    def write(self, key: str, value: object) -> None:
        """Store a JSON value, in place of one that is there."""
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=json_body(value), ContentType="application/json")

    def _create(self, key: str, value: object) -> bool:
        body = json_body(value)
        for attempt in range(_ATTEMPTS):
            try:
                self._s3.put_object(
                    Bucket=self._bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*"
                )
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == _NOT_NEW:
                    return False
                if code != _BUSY or attempt == _ATTEMPTS - 1:
                    raise
            else:
                return True
        return False


def job_id(turn: int, tool_use_id: str) -> str:
    """The id of the job of a call, the same in each attempt: models number the calls of each message as they like."""
    return f"{turn:03d}-{sha256(tool_use_id.encode(errors='replace')).hexdigest()[:16]}"


def asked_key(run_id: str, job: str) -> str:
    """Of what a job asks the user."""
    return f"runs/{run_id}/jobs/{job}/asked.json"


def _key(run_id: str, name: str) -> str:
    return f"runs/{run_id}/react/{name}.json"


def json_body(value: object) -> bytes:
    """The value as JSON; half a surrogate pair becomes a question mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
