"""What a run that waits for answers leaves for its next worker: one JSON object per run in the payload bucket."""

import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from strands import Agent
from strands.types import Snapshot
from strands.types.interrupt import InterruptResponseContent
from strands.types.session import decode_bytes_values, encode_bytes_values

from contract.errors import ErrorCode, RunError
from runtime.engine.asking.questions import Asked, responses
from runtime.engine.json_safe import to_json_safe
from runtime.engine.tools.inner_agents import agents_of
from runtime.process.logs import log

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_BYTES: Final = 32 * 1024 * 1024
"""Of a paused run: the next worker holds it several times while it reads it."""

_FORMAT: Final = 1


class PausedRunError(Exception):
    """A run cannot be paused or resumed; the message is fit for its user."""


@dataclass(frozen=True, slots=True)
class PausedRun:
    """A run between two workers. `epoch` is that of the worker that asked, `pauses` counts the stops so far, `before`
    the messages of the conversation that the run continues, `interrupts` maps the ids of Strands' interrupts to those
    of their questions, `texts` are the messages that the agent has said, `open_calls` the ids of tool calls without a
    reported result. `snapshots` are those of the agent ("") and of the agents that are its tools, as Strands writes
    them; `strands` is its version, `steered` the number of the newest event MESSAGE whose text the agent has."""

    run_id: str
    epoch: int
    pauses: int
    before: int
    interrupts: Mapping[str, str]
    texts: Sequence[str]
    open_calls: Sequence[str]
    snapshots: Mapping[str, Mapping[str, Any]]
    strands: str
    steered: int = 0

    def restore(self, agent: Agent) -> None:
        """Give a new agent the state of the one that asked. Raises PausedRunError."""
        agents = agents_of(agent)
        try:
            for path, snapshot in self.snapshots.items():
                agents[path].load_snapshot(Snapshot.from_dict(dict(snapshot)))
        except Exception as error:
            raise PausedRunError(
                f"the agent's state, stored by strands-agents {self.strands}, cannot be read by version "
                f"{_version()}; start the run again"
            ) from error


@dataclass(frozen=True, slots=True)
class Resumption:
    """A paused run with the answers to its questions."""

    paused: PausedRun
    responses: list[InterruptResponseContent]

    @classmethod
    def of(cls, paused: PausedRun, answers: Mapping[str, object]) -> "Resumption":
        """`answers` is by question. Raises PausedRunError where one is missing."""
        try:
            return cls(paused, responses(paused.interrupts, answers))
        except KeyError as missing:
            raise PausedRunError(f"the question {missing} of the run has no answer") from None


def paused_run(
    agent: Agent,
    asked: Sequence[Asked],
    *,
    run: tuple[str, int, int],
    said: tuple[Sequence[str], Sequence[str]],
    before: int,
    steered: int = 0,
) -> PausedRun:
    """The state of an agent that was stopped by these questions. `run` is its id, epoch and number of pauses, `said`
    the texts and the open calls, `before` and `steered` as in PausedRun. Raises PausedRunError."""
    try:
        snapshots = {path: one.take_snapshot(preset="session").to_dict() for path, one in agents_of(agent).items()}
    except Exception as error:  # a value in the agent's state may be of any type
        raise PausedRunError("the agent's state cannot be stored while it waits for an answer") from error
    return PausedRun(
        run_id=run[0],
        epoch=run[1],
        pauses=run[2],
        before=before,
        interrupts={one.interrupt_id: one.question.question_id for one in asked},
        texts=said[0],
        open_calls=said[1],
        snapshots={path: snapshot for path, snapshot in snapshots.items() if not path or snapshot["data"]["messages"]},
        strands=_version(),
        steered=steered,
    )


class PausedRuns:
    """Writes and reads paused runs. Calls block; they raise PausedRunError, and botocore's errors where the bucket does
    not respond."""

    def __init__(self, bucket: str, client: "S3Client") -> None:
        self._bucket = bucket
        self._client = client

    def write(self, paused: PausedRun) -> None:
        """Store the run's state, in place of an earlier one."""
        encoded = {"format": _FORMAT, **encode_bytes_values(asdict(paused))}
        try:
            body = json.dumps(encoded, ensure_ascii=False, separators=(",", ":"), default=to_json_safe)
        except (TypeError, ValueError, RecursionError) as error:
            raise PausedRunError("the agent's state cannot be stored while it waits for an answer") from error
        content = body.encode("utf-8", errors="replace")
        if len(content) > MAX_BYTES:
            raise PausedRunError(
                f"the agent's state has {len(content):,} bytes, and at most {MAX_BYTES:,} can be stored while it waits "
                "for an answer; ask for less at once"
            )
        self._client.put_object(
            Bucket=self._bucket, Key=_key(paused.run_id), Body=content, ContentType="application/json"
        )

    def read(self, run_id: str, epoch: int) -> PausedRun:
        """The state that the worker of that epoch has left."""
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=_key(run_id))["Body"].read()
        except self._client.exceptions.NoSuchKey:
            raise PausedRunError("the state of the run is not stored any more; start it again") from None
        stored = decode_bytes_values(json.loads(body))
        if stored.pop("format", None) != _FORMAT or stored["epoch"] != epoch:
            raise PausedRunError("the stored state of the run is another worker's; start it again")
        return PausedRun(**stored)


def cannot_go_on(error: PausedRunError, run_id: str) -> RunError:
    """The error of a run whose agent cannot wait, or cannot continue after its answer."""
    log("worker.not_paused_or_resumed", level="ERROR", reason=str(error), exc_info=error)
    return RunError(ErrorCode.INTERNAL, f"the run cannot wait for an answer: {error}", run_id)


def _key(run_id: str) -> str:
    return f"runs/{run_id}/paused.json"


def _version() -> str:
    try:
        return importlib.metadata.version("strands-agents")
    except importlib.metadata.PackageNotFoundError:  # a package may leave the distribution's own files out
        return "unknown"
