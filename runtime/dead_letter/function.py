"""The dead-letter handler ends the runs whose worker died: it reads the failure records of the worker's asynchronous
invocations from a queue."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from contract.errors import ErrorCode, RunError, error_data
from contract.events import EventType, Status
from contract.redaction import redact
from runtime.delivery.connections import Connections, NoConnections
from runtime.delivery.end_notifier import EndNotifier
from runtime.delivery.next_runs import NextRuns
from runtime.environment import DeadLetterEnvironment
from runtime.journal import Head, Journal
from runtime.journal.tool_calls import tools_at_work
from runtime.process.aws_clients import minimal_client
from runtime.process.conversation_files import ConversationFiles
from runtime.process.dispatch import Dispatcher
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.process.logs import log

_SILENCE_SECONDS: Final = 3.0
"""A worker sends a heartbeat every second. One that sent none for this time is dead."""

_PAGE: Final = 16
"""Events that are held at once, of up to 300 KB each."""

_READING_SECONDS: Final = 4.0
"""For the text of a lost run; its conversation gets the text up to there. Two calls of S3, each of at most 3 seconds,
follow."""

_MAX_TRIES: Final = 2
"""Deliveries of a record that store the conversation: one that killed the handler twice must not keep the run from its
end."""

_LOST_MESSAGE: Final = (
    "The worker of this run ended without finishing it{reason}{tools}; start the question again under a new run id."
)


class DeadLetterHandler:
    """Ends lost runs as FAILED with code AGENT_LOST and notifies their subscribers. Their sessions keep the question
    and the text so far. Without `conversations` the sessions stay as they are."""

    def __init__(
        self,
        journal: Journal,
        connections: Connections,
        sleep: Callable[[float], None] = time.sleep,
        conversations: ConversationFiles | None = None,
        clock: Callable[[], float] = time.monotonic,
        next_runs: NextRuns | None = None,
    ) -> None:
        self._journal = journal
        self._notifier = EndNotifier(connections)
        self._sleep = sleep
        self._conversations = conversations
        self._clock = clock
        self._next_runs = next_runs

    @classmethod
    def create(cls, environment: DeadLetterEnvironment) -> "DeadLetterHandler":
        # What hangs must leave time for the end: each call of S3 lasts at most 3 s, one of DynamoDB 8 s.
        s3 = minimal_client("s3", attempts=1, connect_timeout=1, read_timeout=2)
        dynamodb = minimal_client("dynamodb", attempts=2, connect_timeout=1, read_timeout=3)
        journal, url = Journal.create(environment.journal, dynamodb, s3), environment.callback_url
        return cls(
            journal,
            Connections.create(url) if url else NoConnections(),
            conversations=ConversationFiles(environment.journal.payload_bucket, s3),
            next_runs=NextRuns(journal, partial(Dispatcher.of_chain, environment.worker_function)),
        )

    def end_lost(self, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """Process SQS records; returns the message ids of those that SQS should deliver again."""
        failed: list[str] = []
        suspects: list[tuple[Mapping[str, Any], Head]] = []
        for record in records:
            try:
                head = self._suspect(record)
            except Exception:
                log("dead_letter.failed", level="ERROR", message_id=record["messageId"], exc_info=True)
                failed.append(record["messageId"])
            else:
                if head is not None:
                    suspects.append((record, head))
        if suspects:
            self._sleep(_SILENCE_SECONDS)
        for record, head in suspects:
            try:
                self._end_if_silent(head, _reason(record["body"]), keep=_deliveries(record) <= _MAX_TRIES)
            except Exception:
                message_id = record["messageId"]
                log("dead_letter.failed", level="ERROR", message_id=message_id, run_id=head.run_id, exc_info=True)
                failed.append(message_id)
        return failed

    def _suspect(self, record: Mapping[str, Any]) -> Head | None:
        """The run that a record is about, None when there is nothing to end."""
        run_id = _failed_run_id(str(record["body"]))
        if run_id is None:
            log("dead_letter.ignored", level="WARNING", message_id=record["messageId"], body=record["body"])
            return None
        try:
            head = self._journal.head(run_id)
        except RunError as problem:
            if problem.code is not ErrorCode.UNKNOWN_RUN:
                raise
            log("dead_letter.unknown_run", level="WARNING", run_id=run_id)
            return None
        if head.status is Status.WAITING:
            # Its worker has stopped for a question, whatever failed after it.
            log("dead_letter.waiting", run_id=run_id)
            return None
        if not head.status.is_terminal:
            return head
        if _deliveries(record) <= _MAX_TRIES:
            self._keep_of_ended(head)
        return None

    def _end_if_silent(self, seen: Head, reason: str, *, keep: bool) -> None:
        """An invocation may be delivered twice: the run goes on if the other one's worker has sent a heartbeat
        since."""
        head = self._journal.head(seen.run_id)
        if head.status.is_terminal:
            if keep:
                self._keep_of_ended(head)
            return
        if (head.epoch, head.heartbeat_at) != (seen.epoch, seen.heartbeat_at):
            log("dead_letter.alive", run_id=head.run_id, epoch=head.epoch)
            return
        if keep:
            self._keep_conversation(head)
        tools = tools_at_work(self._journal, head.run_id)
        data = error_data(ErrorCode.AGENT_LOST, _LOST_MESSAGE.format(reason=reason, tools=tools))
        final = self._journal.close(head.run_id, EventType.RUN_FAILED, data, error=data)
        if final is None:
            return
        log("dead_letter.ended", run_id=head.run_id, seq=final.seq)
        self._notifier.publish(self._journal, final)
        if self._next_runs is not None:
            self._next_runs.start_after(head.run_id)

    def _keep_of_ended(self, head: Head) -> None:
        """A reader may have ended the run as overdue. A later run of the session works with the conversation as it was,
        and could not store its own turn after a change."""
        try:
            is_newest = self._journal.last_run(head.session_id) == head.run_id
        except Exception:
            log("dead_letter.session_not_saved", level="ERROR", run_id=head.run_id, exc_info=True)
            return
        if is_newest and (head.error or {}).get("code") == ErrorCode.AGENT_LOST:
            self._keep_conversation(head)

    def _keep_conversation(self, head: Head) -> None:
        """Store what the worker would have: before the end, after which the next question may come. A run that no
        worker has claimed leaves nothing."""
        if self._conversations is None or not head.epoch:
            return
        try:
            turn = self._turn(head)
            self._conversations.add_lost(head.owner, head.session_id, head.run_id, turn)
        except Exception:
            log("dead_letter.session_not_saved", level="ERROR", run_id=head.run_id, exc_info=True)

    def _turn(self, head: Head) -> tuple[str, str]:
        """What the user and the agent have said in the run."""
        until = self._clock() + _READING_SECONDS
        asked, texts = [head.question], list[str]()
        for event in self._journal.scan(head.run_id, 0, _PAGE, complete={EventType.TEXT}):
            if self._clock() > until:
                log("dead_letter.text_cut", level="WARNING", run_id=head.run_id, seq=event.seq)
                break
            if event.type is EventType.TEXT:
                texts.append(str(event.data["text"]))
            elif event.type is EventType.MESSAGE:
                asked.append(str(event.data["text"]))
        return "\n\n".join(asked), "".join(texts)


def _deliveries(record: Mapping[str, Any]) -> int:
    """How often SQS has delivered the record, this time included."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


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


def _reason(body: str) -> str:
    """The error that Lambda gives in a destination's record, such as that of a timeout, a crash or a function that
    cannot run, in parentheses; empty where the record has none."""
    record = json.loads(body)
    failed = record.get("responsePayload")
    if not isinstance(failed, dict) or not failed.get("errorMessage"):
        return ""
    parts = [failed.get("errorType"), failed["errorMessage"]]
    return f" ({redact(': '.join(str(part) for part in parts if part)).rstrip('.')})"


def _serve(
    service: DeadLetterHandler, event: Mapping[str, Any], _context: object
) -> Served[dict[str, list[dict[str, str]]]]:
    records = event["Records"]
    failed = service.end_lost(records)
    reply = {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
    return Served(reply, {"records": len(records), "failed": len(failed)})


handler = LambdaFunction[DeadLetterHandler, dict[str, list[dict[str, str]]]](
    "dead_letter",
    lambda: DeadLetterHandler.create(DeadLetterEnvironment.read()),
    _serve,
    warm_reply={"batchItemFailures": []},
)
"""Lambda's entry point for the dead-letter queue of the worker; the reply is a partial batch response."""
