"""Ends the runs whose worker died: reads the failure records of the worker's asynchronous invocations from a queue."""

import functools
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from contract.errors import ErrorCode, RunError
from contract.events import EventType
from runtime.delivery.connections import Connections
from runtime.delivery.end_notifier import EndNotice
from runtime.environment import CloserEnvironment
from runtime.journal import Head, Journal
from runtime.logs import log

_SILENCE_SECONDS: Final = 3.0
"""A worker gives a sign of life every second. One that gave none for so long is dead."""

_LOST_SENTENCE: Final = (
    "The worker of this run ended without finishing it; start the question again under a new run id."
)


class Closer:
    """Closes lost runs as FAILED with code AGENT_LOST and tells their subscribers."""

    def __init__(self, journal: Journal, connections: Connections, sleep: Callable[[float], None] = time.sleep) -> None:
        self._journal = journal
        self._notice = EndNotice(connections)
        self._sleep = sleep

    @classmethod
    def create(cls, environment: CloserEnvironment) -> "Closer":
        return cls(Journal.create(environment.journal), Connections.create(environment.callback_url))

    def close_lost(self, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """Treat SQS records; returns the message ids of those to be delivered again."""
        failed: list[str] = []
        suspects: list[tuple[str, Head]] = []
        for record in records:
            try:
                head = self._suspect(record)
            except Exception:
                log("closer.failed", level="ERROR", message_id=record["messageId"], exc_info=True)
                failed.append(record["messageId"])
            else:
                if head is not None:
                    suspects.append((record["messageId"], head))
        if suspects:
            self._sleep(_SILENCE_SECONDS)
        for message_id, head in suspects:
            try:
                self._close_if_silent(head)
            except Exception:
                log("closer.failed", level="ERROR", message_id=message_id, run_id=head.run_id, exc_info=True)
                failed.append(message_id)
        return failed

    def _suspect(self, record: Mapping[str, Any]) -> Head | None:
        """The run that a record is about, None when there is nothing to close."""
        run_id = _failed_run_id(str(record["body"]))
        if run_id is None:
            log("closer.ignored", level="WARNING", message_id=record["messageId"], body=record["body"])
            return None
        try:
            head = self._journal.head(run_id)
        except RunError as problem:
            if problem.code is not ErrorCode.UNKNOWN_RUN:
                raise
            log("closer.unknown_run", level="WARNING", run_id=run_id)
            return None
        return None if head.status.is_terminal else head

    def _close_if_silent(self, seen: Head) -> None:
        """An invocation may be delivered twice: the run lives on if the other's worker has shown itself meanwhile."""
        head = self._journal.head(seen.run_id)
        if (head.epoch, head.heartbeat_at) != (seen.epoch, seen.heartbeat_at):
            log("closer.alive", run_id=head.run_id, epoch=head.epoch)
            return
        data = {"code": ErrorCode.AGENT_LOST.value, "error": _LOST_SENTENCE}
        ending = self._journal.close(head.run_id, EventType.RUN_FAILED, data, error=data)
        if ending is None:
            return
        log("closer.closed", run_id=head.run_id, seq=ending.seq)
        # Only the end: what came before was posted as it was journalled, and a client that missed some resumes.
        self._notice.send(head.subscribers, [ending])


def _failed_run_id(body: str) -> str | None:
    """The run id in a destination's record, or in a bare payload as a dead-letter queue gets it."""
    try:
        record = json.loads(body)
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    payload = record.get("requestPayload", record)
    run_id = payload.get("run_id") if isinstance(payload, dict) else None
    return run_id if isinstance(run_id, str) else None


@functools.cache
def _closer() -> Closer:
    """Made at the first call and kept by the process; a failure is not kept."""
    return Closer.create(CloserEnvironment.read())


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Lambda's entry for the failure queue; a partial batch response."""
    failed = _closer().close_lost(event["Records"])
    log("closer.served", records=len(event["Records"]), failed=len(failed))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
