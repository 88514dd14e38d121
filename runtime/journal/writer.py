"""Appends a run's events for its worker, under its epoch, and stops where the run is no longer the worker's."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from contract.events import Event, EventType
from contract.questions import Question
from runtime.journal import changes
from runtime.journal.asking import Asking, asking
from runtime.journal.errors import LostEpoch, RunEnded
from runtime.journal.event_log import FEW, Entry, Recorded
from runtime.journal.head import Head
from runtime.journal.journal import Journal
from runtime.journal.table import ConditionFailed, Update


class RunWriter:
    """Knows the last event seen, and appends only after it. One thread at a time.

    `seq` is the newest event that the worker has seen: 1 after claiming a run, or the result of Journal.latest. A claim
    that returns it with the head `is_checked`: the epoch was the head's, and the run had no end, at that event.
    Where append or finish raises because the table did not respond, the same call again does not write twice.
    """

    def __init__(self, journal: Journal, head: Head, seq: int, *, is_checked: bool = False) -> None:
        self._journal = journal
        self._log = journal.log
        self._run_id = head.run_id
        self._epoch = head.epoch
        self._seq = seq
        # no worker can have lost the run before its first event; a later start may follow a takeover or the end
        self._checked = is_checked or seq <= 1
        self._ended = False
        self._step_is_over = False
        self._unsettled: Entry | None = None
        self._asking: Asking | None = None
        self._seen: list[Event] = []

    @property
    def seq(self) -> int:
        """The number of the last event seen."""
        return self._seq

    def append(self, event_type: EventType, data: Mapping[str, Any]) -> list[Event]:
        """Append an event; returns what the journal holds after the last event seen: others' events first, then this
        one. Raises LostEpoch or RunEnded; then nothing was written."""
        if event_type.ends_run:
            raise ValueError(f"{event_type} ends the run: finish() writes it together with the head")
        if self._step_is_over:
            # the next step may have begun, and nothing but the head's epoch would tell
            raise LostEpoch(self._run_id, self._epoch)
        return self._write(self._entry(event_type, data))

    def append_next(self, event_type: EventType, data: Mapping[str, Any]) -> bool:
        """Append an event that must follow the last one seen; False where another event does, and nothing was
        written. Raises LostEpoch or RunEnded, as append does."""
        entry = self._entry(event_type, data)
        self._check()
        try:
            event = self._log.append(self._run_id, self._seq + 1, entry)
        except ConditionFailed:
            found = self._log.read(self._run_id, self._seq, 1)
            # botocore repeats a write whose response was lost
            if not found or found[0].nonce != entry.nonce:
                return False
            event = found[0].event
        self._see(event)
        self._settled()
        return True

    def complete_step(self, step: int, output: str, data: Mapping[str, Any], usage: Mapping[str, int]) -> list[Event]:
        """Like append, of AGENT_BACKGROUND_TASK_COMPLETED, with the head's step, the key of the step's output, and what
        the run has used so far in the same transaction. Whatever the result, this worker can append no more, only
        finish the run."""
        self._step_is_over = True
        change = changes.complete_step(self._run_id, step, output, usage, self._epoch)
        return self._write(self._entry(EventType.AGENT_BACKGROUND_TASK_COMPLETED, data), lambda _: change)

    def finish(
        self,
        final_event: EventType,
        data: Mapping[str, Any],
        usage: Mapping[str, int],
        error: Mapping[str, Any] | None = None,
    ) -> list[Event]:
        """Like append, with the head's final status in the same transaction. The subscribers that Journal.head returns
        after it are complete."""

        def end(seq: int) -> Update:
            return changes.end_of_epoch(changes.end(self._run_id, final_event, seq, usage, error), self._epoch)

        events = self._write(self._entry(final_event, data), end)
        self._ended = True
        return events

    def ask(
        self,
        head: Head,
        questions: Sequence[tuple[Question, str]],
        deadline_at: float,
        step: int = 0,
        token: str = "",
        usage: Mapping[str, int] | None = None,
    ) -> tuple[list[Event], dict[str, object]]:
        """Ask these questions, each with its source, in one transaction with the run's status WAITING; returns the
        events as append does, and by question id the answers that were given ahead of time. Where every question has
        one, the run goes on; otherwise this worker can append no more. `head` is the run's newest, `deadline_at` (in
        seconds since 1970) the moment by which a waiting run must have ended, `step` the one that waits, `token` that
        of the state of a state machine which waits for the answers, and `usage` what the run has used so far (None: as
        before). Raises LostEpoch or RunEnded; then nothing was written."""
        made = self._asking
        if made is None or made.questions != tuple(questions):
            made = self._asking = asking(self._log, head, questions, deadline_at, step, token, usage)
        change = changes.wait(self._run_id, self._epoch, made.asked)
        self._check()
        while True:
            seq = self._seq + 1
            try:
                for event in self._log.append_all(self._run_id, seq, made.entries, *made.items, change):
                    self._see(event)
            except ConditionFailed:
                if not self._read_on(made.entries[-1]):
                    if self._seq < seq:
                        self._check_epoch()
                    continue
            self._step_is_over = made.asked.open_questions > 0
            self._asking = None
            return self._settled(), made.answers

    def _entry(self, event_type: EventType, data: Mapping[str, Any]) -> Entry:
        last = self._unsettled
        if last is None or (last.type, last.data) != (event_type, data):
            last = self._unsettled = self._log.entry(self._run_id, event_type, data)
        return last

    def _write(self, entry: Entry, change: Callable[[int], Update] | None = None) -> list[Event]:
        """`change` returns the head's part of the transaction, given the entry's number."""
        self._check()
        while True:
            seq = self._seq + 1
            changed = () if change is None else (change(seq),)
            try:
                self._see(self._log.append(self._run_id, seq, entry, *changed))
            except ConditionFailed:
                if not self._read_on(entry):
                    if self._seq < seq:  # no event stood in the way: the next step has begun, or the head is gone
                        self._check_epoch()
                    continue
            return self._settled()

    def _read_on(self, entry: Entry) -> bool:
        """See what others have written; returns whether the entry is there already: a write whose response was lost
        conflicts with itself when botocore repeats it."""
        for recorded in self._log.read(self._run_id, self._seq, FEW):
            if recorded.nonce == entry.nonce:
                self._see(recorded.event)
                return True
            self._stop_if_over(recorded)
            self._see(recorded.event)
        return False

    def _check(self) -> None:
        if self._ended:
            raise RunEnded(self._run_id, [])
        if not self._checked:
            head = self._check_epoch()
            if head.last_seq is not None and head.last_seq <= self._seq:
                raise RunEnded(self._run_id, [])
            self._checked = True

    def _check_epoch(self) -> Head:
        head = self._journal.head(self._run_id)
        if head.epoch != self._epoch:
            raise LostEpoch(self._run_id, self._epoch)
        return head

    def _stop_if_over(self, recorded: Recorded) -> None:
        event = recorded.event
        if event.type is EventType.HANDED_OVER and event.data["epoch"] > self._epoch:
            raise LostEpoch(self._run_id, self._epoch)
        if event.type.ends_run:
            raise RunEnded(self._run_id, [*self._seen, event])

    def _see(self, event: Event) -> None:
        self._seen.append(event)
        self._seq = event.seq

    def _settled(self) -> list[Event]:
        events, self._seen, self._unsettled = self._seen, [], None
        return events
