"""Accepts a run: head, first event, session and owner's list in one transaction, once per run id."""

from contextlib import suppress
from typing import Any, Protocol

from contract.errors import ErrorCode, RunError
from contract.events import EventType
from runtime.journal.event_log import EventLog
from runtime.journal.head import Head, NewRun, head_from, new_head
from runtime.journal.items import EXPIRY, Item, head_key, owner_run_key, session_key, session_run_key
from runtime.journal.sessions import turn_changes
from runtime.journal.sessions.pending import MAX_PENDING, QUEUE, STEER, pending
from runtime.journal.table import ConditionFailed, Put, Table, Update, Write

ATTEMPTS = 10
"""A failed attempt means that another run was accepted, so two at once settle in two."""


class WaitingMessages(Protocol):
    """What Messages knows of a session."""

    def count(self, session_id: str) -> int: ...

    def newest_active(self, run_id: str) -> Head | None: ...

    def front(self, newest: Head) -> Head: ...


class Admission:
    """Accepts runs, each once; one whose session is busy waits for its turn where its caller wants that."""

    def __init__(self, table: Table, log: EventLog, messages: WaitingMessages) -> None:
        self._table = table
        self._log = log
        self._messages = messages

    def accept(self, run: NewRun) -> tuple[Head, bool]:
        """The run's head, and whether it is new. Raises RunError NOT_OWNER or CONFLICT."""
        if run.session_id == run.run_id:
            # The session begins with its run: neither is expected to exist, so the write itself checks.
            with suppress(ConditionFailed):
                return self._write(run, None, None), True
        for _ in range(ATTEMPTS):
            existing, session = self._table.get_all([head_key(run.run_id), session_key(run.session_id)])
            if existing is None and session is not None and session["last_run"] == run.run_id:
                # a batch is no snapshot: the same request, sent twice, was accepted between its two reads
                existing = self._table.get(head_key(run.run_id))
            if existing is not None:
                return _repeated(run, head_from(existing)), False
            newest = None
            if session is not None:
                _check_beginning(run)
                newest = self._check_session(run, session)
            try:
                return self._write(run, session, newest), True
            except ConditionFailed:
                continue  # another writer was faster: the present state decides
        raise RunError(
            ErrorCode.THROTTLED, "The session is getting many runs at once; start this one again.", run.run_id
        )

    def _write(self, run: NewRun, session: Item | None, newest: Head | None) -> Head:
        """`newest` is the active run of the session after which this one is due."""
        entry = self._log.entry(run.run_id, EventType.RUN_ACCEPTED, accepted(run))
        item = new_head(run, self._log.now(), self._log.clock())
        waiting: tuple[Write, ...] = ()
        if newest is not None:
            item["behind"] = newest.run_id
            waiting = self._waiting(run, head_from(item), newest)
        self._log.append(run.run_id, 1, entry, *_items(run, item, session, self._log.expiry()), *waiting)
        return head_from(item)

    def _waiting(self, run: NewRun, head: Head, newest: Head) -> tuple[Write, ...]:
        if run.if_busy != STEER:
            followed = turn_changes.follow(newest.run_id, run.run_id, steers=False)
            return followed, pending(head, QUEUE, "", self._log.expiry())
        front = self._messages.front(newest)
        item = pending(head, STEER, front.run_id, self._log.expiry())
        if front.run_id == newest.run_id:
            return turn_changes.follow(newest.run_id, run.run_id, steers=True), item
        return turn_changes.follow(newest.run_id, run.run_id, steers=False), turn_changes.steer(front.run_id), item

    def _check_session(self, run: NewRun, session: Item) -> Head | None:
        """The active run after which this one is due; None for a session without one."""
        if session["owner"] != run.owner:
            raise RunError(
                ErrorCode.NOT_OWNER,
                f"Session {run.session_id} belongs to another user; start one of your own.",
                run.run_id,
            )
        newest = self._messages.newest_active(session["last_run"])
        if newest is None:
            return None
        if run.if_busy not in {QUEUE, STEER}:
            raise RunError(
                ErrorCode.CONFLICT,
                f"Session {run.session_id} has the active run {newest.run_id}; wait for its end or cancel it first.",
                newest.run_id,
            )
        if self._messages.count(run.session_id) >= MAX_PENDING:
            message = (
                f"Session {run.session_id} has {MAX_PENDING} messages that wait; send this one after some have ended."
            )
            raise RunError(ErrorCode.THROTTLED, message, run.run_id)
        return newest


def accepted(run: NewRun) -> dict[str, Any]:
    """The data of RUN_ACCEPTED."""
    data: dict[str, Any] = {"question": run.question, "agent": run.agent, "session_id": run.session_id}
    if run.workflow or run.traceparent:
        # version-traceid-parentid-flags, W3C's form
        _, _, rest = run.traceparent.partition("-")
        data["trace_id"] = rest.partition("-")[0]
    if run.workflow:
        data |= {"agents": list(run.agents), "workflow": run.workflow}
    return data


def _items(run: NewRun, head: Item, session: Item | None, expiry: int) -> tuple[Write, ...]:
    listed = {"run_id": run.run_id, "at": head["created_at"], EXPIRY: expiry}
    return (
        Put({**head_key(run.run_id), **head, EXPIRY: expiry}),
        _session_change(run, session, expiry),
        Put({**session_run_key(run.session_id, run.run_id), **listed}),
        Put({**owner_run_key(run.owner, head["created_at"], run.run_id), **listed}),
    )


def _session_change(run: NewRun, session: Item | None, expiry: int) -> Update:
    values = {":owner": run.owner, ":run": run.run_id, ":expiry": expiry}
    change = f"SET #owner = :owner, #last_run = :run, #{EXPIRY} = :expiry"
    if session is None:
        return Update(session_key(run.session_id), change, "attribute_not_exists(#pk)", values)
    # a session has one active run: of two that saw the same last run, one is rejected
    return Update(
        session_key(run.session_id), change, "#last_run = :previous", values | {":previous": session["last_run"]}
    )


def _check_beginning(run: NewRun) -> None:
    """A background run has a session of its own: its owner is the publisher's claim, and may not reach another's. A
    workflow whose caller names a session continues it, where it is the same owner's."""
    if run.workflow and run.session_id == run.run_id:
        raise RunError(ErrorCode.CONFLICT, f"Run {run.run_id} has the id of a session; use another run id.", run.run_id)


def _repeated(run: NewRun, head: Head) -> Head:
    if head.owner != run.owner:
        raise RunError(
            ErrorCode.NOT_OWNER, f"Run {run.run_id} belongs to another user; use another run id.", run.run_id
        )
    if not run.is_request_of(head):
        raise RunError(
            ErrorCode.CONFLICT,
            f"Run {run.run_id} was started with another question, agent or session; use another run id.",
            run.run_id,
        )
    return head
