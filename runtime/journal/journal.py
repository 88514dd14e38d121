"""The journal of runs: the one place that reads and writes the journal table."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contract.errors import ErrorCode, RunError, error_data
from contract.events import Event, EventType, Status
from runtime.journal import changes
from runtime.journal.access.connections import ConnectionItems
from runtime.journal.access.workspaces import Workspaces
from runtime.journal.appender import ATTEMPTS, Appender, contended
from runtime.journal.deliveries import Deliveries
from runtime.journal.errors import AlreadyClaimed, LostEpoch, RunEnded
from runtime.journal.event_log import ALL_TYPES, EventLog, unknown_run
from runtime.journal.head import Data, Head, NewRun, Usage, head_from
from runtime.journal.items import head_key, owner_run_key, session_key
from runtime.journal.jobs import Jobs
from runtime.journal.payloads import PayloadStore, S3Payloads
from runtime.journal.questions import Questions
from runtime.journal.sessions.admission import Admission
from runtime.journal.sessions.messages import Messages
from runtime.journal.table import ConditionFailed, Table, Update

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    from runtime.environment import JournalEnvironment

OVERDUE_SECONDS = 60.0
"""After its deadline, before a run counts as lost: its worker stops itself well before."""


class Journal:
    """All runs, their `questions`, `jobs`, `messages`, `connections` and `deliveries`, and the `workspaces`. Methods
    are synchronous and thread-safe. They raise RunError for what callers may see, botocore's errors for the table's."""

    def __init__(
        self,
        table: str,
        client: DynamoDBClient,
        payloads: PayloadStore,
        retention_days: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._table = Table(table, client)
        self._clock = clock
        self.log = EventLog(self._table, payloads, retention_days, clock)
        self._appender = Appender(self.log)
        self.questions = Questions(self._table, self.log, clock)
        self.jobs = Jobs(self._table, payloads, retention_days, clock)
        self.connections = ConnectionItems(self._table, clock)
        self.deliveries = Deliveries(self._table, clock)
        self.workspaces = Workspaces(self._table, clock)
        self.messages = Messages(self._table, self.log, clock, self.close_overdue)
        self._admission = Admission(self._table, self.log, self.messages)

    @classmethod
    def create(
        cls, environment: JournalEnvironment, dynamodb: DynamoDBClient | None = None, s3: S3Client | None = None
    ) -> Journal:
        """The journal that the environment names, over clients made here unless given."""
        if dynamodb is None:
            from runtime.process.aws_clients import minimal_client  # noqa: PLC0415  modules that only name the types need not pay

            # the default read timeout of 60 s would hold a stream for a lost packet
            dynamodb = minimal_client("dynamodb", attempts=4)
        return cls(environment.table, dynamodb, S3Payloads(environment.payload_bucket, s3), environment.retention_days)

    def accept(self, run: NewRun) -> tuple[Head, bool]:
        """Accept the run, once; returns the head, and whether this call created it. The same request again returns the
        first head. Raises RunError NOT_OWNER, or CONFLICT: the id is another request's, the session has an active
        run."""
        return self._admission.accept(run)

    def head(self, run_id: str) -> Head:
        """Raises RunError UNKNOWN_RUN."""
        item = self._table.get(head_key(run_id))
        if item is None:
            raise unknown_run(run_id)
        return head_from(item)

    def latest(self, run_id: str) -> tuple[Head, Event]:
        """Head and newest event in one query, at the same cost for any length; the event's data is not read from the
        payload store. Raises RunError UNKNOWN_RUN."""
        item, newest = self.log.latest(run_id)
        return head_from(item), newest

    def read(
        self, run_id: str, after: int = 0, limit: int = 100, complete: Collection[EventType] = ALL_TYPES
    ) -> list[Event]:
        """The next events after that number, at most `limit`, in order and without gap; none for an unknown run. Events
        of other types than `complete` lack what is in the payload store but for its short texts, as names and ids."""
        return [recorded.event for recorded in self.log.read(run_id, after, limit, complete)]

    def scan(
        self, run_id: str, after: int = 0, page: int = 100, complete: Collection[EventType] = ALL_TYPES
    ) -> Iterator[Event]:
        """All events after that number, as `read` returns them, of which it holds at most `page`."""
        while events := self.read(run_id, after, page, complete):
            yield from events
            if len(events) < page:
                return
            after = events[-1].seq

    def last_run(self, session_id: str) -> str:
        """The newest run of the session; empty for an unknown session."""
        session = self._table.get(session_key(session_id))
        return "" if session is None else str(session["last_run"])

    def runs(self, owner: str, limit: int = 50) -> list[Head]:
        """The owner's runs, newest first."""
        first, last = owner_run_key(owner, "", ""), owner_run_key(owner, "~", "")
        listed = self._table.query(first["pk"], first["sk"], last["sk"], limit, newest_first=True)
        heads = self._table.get_all([head_key(item["run_id"]) for item in listed])
        return [head_from(item) for item in heads if item is not None]

    def claim(self, run_id: str) -> Head:
        """QUEUED becomes RUNNING under a new epoch. Raises AlreadyClaimed, or RunError UNKNOWN_RUN."""
        nonce = secrets.token_hex(8)
        return self._claim(run_id, changes.claim(run_id, nonce, self._clock()), nonce)

    def claim_step(self, run_id: str, step: int) -> tuple[Head, int]:
        """The step starts, under a new epoch; returns the head and the number of the newest event. Raises
        AlreadyClaimed where the step has started, is lost or is not the next, RunEnded, or RunError UNKNOWN_RUN."""
        nonce = secrets.token_hex(8)
        try:
            head = self._claim(run_id, changes.claim_step(run_id, step, nonce, self._clock()), nonce)
        except AlreadyClaimed:
            if self.head(run_id).status.is_terminal:
                raise RunEnded(run_id, []) from None
            raise
        _, newest = self.latest(run_id)
        return head, newest.seq

    def claim_turn(self, run_id: str, workflow: str = "", seq: int = 0) -> tuple[Head, int]:
        """A function of the run's state machine (of the execution `workflow`, where its ARN is given) starts to write,
        under a new epoch; returns the head and, for a RunWriter that `is_checked`, the newest event's number (`seq`, of
        an event that exists, where given). Raises AlreadyClaimed where the run has ended, waits or is another's."""
        nonce = secrets.token_hex(8)
        head = self._claim(run_id, changes.claim_turn(run_id, workflow, nonce, self._clock()), nonce)
        if not seq:
            epoch, (head, newest) = head.epoch, self.latest(run_id)
            # the two items are read one after the other: an end may lie between them
            if head.epoch != epoch or head.status.is_terminal or newest.type.ends_run:
                raise AlreadyClaimed(run_id)
            seq = newest.seq
        return head, seq

    def mark_step_lost(self, run_id: str, step: int, data: Mapping[str, Any]) -> bool:
        """Append AGENT_INVOCATION_FAILED and keep the step from ever starting. False where it has started or the run
        has ended; then nothing was written. Raises RunError UNKNOWN_RUN."""

        def change(head: Head, _seq: int) -> Update | None:
            is_next = head.step == head.step_done == step - 1
            return changes.mark_step_lost(run_id, step) if is_next else None

        entry = self.log.entry(run_id, EventType.AGENT_INVOCATION_FAILED, data)
        return self._appender.change(run_id, entry, change) is not None

    def takeover(self, run_id: str, silent_for: float) -> Head:
        """Raise the epoch of a run whose worker has sent no heartbeat for `silent_for` seconds, and append HANDED_OVER.
        Raises AlreadyClaimed where the worker is not silent or none has started, RunEnded, or RunError UNKNOWN_RUN."""
        for _ in range(ATTEMPTS):
            head, newest = self.latest(run_id)
            if head.status.is_terminal:
                raise RunEnded(run_id, [])
            now = self._clock()
            if head.epoch == 0 or head.heartbeat_at > now - silent_for:
                raise AlreadyClaimed(run_id)
            entry = self.log.entry(run_id, EventType.HANDED_OVER, {"epoch": head.epoch + 1})
            change = changes.take_over(run_id, head.epoch, now, now - silent_for)
            try:
                self.log.append(run_id, newest.seq + 1, entry, change)
            except ConditionFailed:
                continue
            return replace(head, epoch=head.epoch + 1, heartbeat_at=now, claimed_at=now)
        raise contended(run_id)

    def heartbeat(self, run: Head | str, epoch: int) -> Head:
        """Record that the epoch's worker is alive; the head returns cancellation and subscribers. Raises LostEpoch."""
        run_id = run if isinstance(run, str) else run.run_id
        try:
            return head_from(self._table.update(changes.heartbeat(run_id, epoch, self._clock())))
        except ConditionFailed:
            raise LostEpoch(run_id, epoch) from None

    def store_cursors(self, head: Head, cursors: Mapping[str, int]) -> None:
        """Store the number from which the run's next worker serves each connection. One that has gone since that head,
        or has asked for another number, keeps what it asked for. Raises LostEpoch."""
        known = {key: (head.subscribers[key], seq) for key, seq in cursors.items() if key in head.subscribers}
        for _ in range(ATTEMPTS):
            moved = {key: (old, new) for key, (old, new) in known.items() if old == head.subscribers.get(key) != new}
            if not moved:
                return
            try:
                self._table.update(changes.store_cursors(head.run_id, head.epoch, moved))
            except ConditionFailed:
                newer = self.head(head.run_id)
                if newer.epoch != head.epoch:
                    raise LostEpoch(head.run_id, head.epoch) from None
                head = newer
                continue
            return
        raise contended(head.run_id)

    def subscribe(self, run_id: str, connection_id: str, after: int) -> Head | None:
        """Have the run's worker send what follows `after` to the connection. None where the run has ended: no worker
        would send, so the caller replays. Raises RunError UNKNOWN_RUN, or THROTTLED for a run with too many
        subscribers."""
        try:
            return head_from(self._table.update(changes.subscribe(run_id, connection_id, after)))
        except ConditionFailed:
            if self.head(run_id).status.is_terminal:
                return None
        message = (
            f"Run {run_id} is followed by {changes.MAX_SUBSCRIBERS} connections already; resume it when it has ended."
        )
        raise RunError(ErrorCode.THROTTLED, message, run_id)

    def unsubscribe(self, run_id: str, connection_id: str) -> None:
        """Does nothing where the run or the subscription is gone."""
        try:
            self._table.update(changes.unsubscribe(run_id, connection_id))
        except ConditionFailed:
            return

    def release(self, run_id: str) -> None:
        """Take all subscribers from a run that has ended, in one write."""
        with suppress(ConditionFailed):
            self._table.update(changes.release(run_id))

    def request_cancel(self, run_id: str) -> Head:
        """Appends CANCEL_REQUESTED and sets the flag, once; an ended run stays as it is. Raises UNKNOWN_RUN."""

        def change(head: Head, _seq: int) -> Update | None:
            return None if head.cancel_requested else changes.request_cancel(run_id)

        self._appender.change(run_id, self.log.entry(run_id, EventType.CANCEL_REQUESTED, {}), change)
        return self.head(run_id)

    def append(self, run_id: str, event_type: EventType, data: Mapping[str, Any]) -> Event | None:
        """Append one event for a process that is not the run's worker; None where the run has ended."""
        if event_type.ends_run:
            raise ValueError(f"{event_type} ends the run: close() writes it together with the head")
        return self._appender.append(run_id, self.log.entry(run_id, event_type, data))

    def close(
        self,
        run_id: str,
        final_event: EventType,
        data: Mapping[str, Any],
        error: Data | None = None,
        usage: Usage = None,
    ) -> Event | None:
        """End a run from outside its worker; None where it had ended already. Raises RunError UNKNOWN_RUN."""
        entry = self.log.entry(run_id, final_event, data)
        return self._appender.change(run_id, entry, lambda _, seq: changes.end(run_id, final_event, seq, usage, error))

    def close_unclaimed(
        self, run_id: str, final_event: EventType, data: Data, error: Data | None = None
    ) -> Event | None:
        """Like close, for a run that no worker has claimed; None also where one has."""

        def change(head: Head, seq: int) -> Update | None:
            if head.epoch:
                return None
            # a claim between the read and this write raises the epoch
            return changes.end_of_epoch(changes.end(run_id, final_event, seq, None, error), 0)

        return self._appender.change(run_id, self.log.entry(run_id, final_event, data), change)

    def close_overdue(self, head: Head) -> Head:
        """The head, after ending the run as FAILED (AGENT_LOST) where it is active past its deadline. Expired questions
        of a run without a workflow are settled before: by their defaults, or the run ends as TIMED_OUT."""
        if head.status is Status.WAITING and not head.workflow and self.questions.settle_overdue(head.run_id):
            head = self.head(head.run_id)
        if head.behind or head.status.is_terminal or self._clock() < head.deadline_at + OVERDUE_SECONDS:
            return head
        message = f"Run {head.run_id} passed its deadline without an end: its worker was lost. Start it again."
        error = error_data(ErrorCode.AGENT_LOST, message)
        self.close(head.run_id, EventType.RUN_FAILED, error, error)
        return self.head(head.run_id)

    def _claim(self, run_id: str, claim: Update, nonce: str) -> Head:
        try:
            return head_from(self._table.update(claim))
        except ConditionFailed:
            item = self._table.get(head_key(run_id))
        if item is None:
            raise unknown_run(run_id)
        if item.get("claim") != nonce:
            raise AlreadyClaimed(run_id)
        return head_from(item)  # botocore repeated a claim whose response was lost: it is ours
