"""The events of a run as items: written once, read in order, large data kept in the payload store."""

import json
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contract.errors import ErrorCode, RunError
from contract.events import FINAL_EVENTS, RUN_ENDED, Event, EventType, timestamp
from contract.limits import MAX_SEQ
from runtime.journal.items import DAY_SECONDS, EXPIRY, Item, event_key, head_key
from runtime.journal.payloads import PayloadStore
from runtime.journal.table import Put, Table, Write
from runtime.process.logs import log

INLINE_BYTES = 300 * 1024
"""Larger data goes to the payload store: an item holds 400 KB, names and keys included."""

ALL_TYPES: Final = frozenset(EventType)

_SHORT: Final = 256
"""Characters of the texts of large data that its item has too."""

FEW = 16
"""Up to this number events are read by their keys, more by a query."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event that waits for its number. `nonce` marks its writer's item, so that a write whose response was
    lost is recognised when its retry meets it."""

    type: EventType
    data: Mapping[str, Any]
    content: Mapping[str, Any]
    nonce: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as the journal holds it, and its writer's mark."""

    event: Event
    nonce: str


class EventLog:
    """The events of all runs. The callers choose the numbers: see the append rule in RunWriter and Journal."""

    def __init__(self, table: Table, payloads: PayloadStore, retention_days: int, clock: Callable[[], float]) -> None:
        self._table = table
        self._payloads = payloads
        self._retention_seconds = retention_days * DAY_SECONDS
        self.clock = clock

    def expiry(self) -> int:
        """When an item that is written now expires, in seconds since 1970."""
        return int(self.clock()) + self._retention_seconds

    def now(self) -> str:
        return timestamp(self.clock())

    def entry(self, run_id: str, event_type: EventType, data: Mapping[str, Any]) -> Entry:
        """Stores data over 300 KB at once; the key holds a nonce, since writers that compete for one seq must not
        overwrite each other's payload."""
        nonce = secrets.token_hex(8)
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        try:
            encoded = body.encode()
        except UnicodeEncodeError:  # half a surrogate pair: a model's stream may cut a character in two
            encoded = body.encode(errors="replace")
            body, data = encoded.decode(), json.loads(encoded)
        size = len(encoded)
        if size <= INLINE_BYTES:
            return Entry(event_type, data, {"data": body}, nonce)
        reference = f"runs/{run_id}/{nonce}.json"
        self._payloads.put(reference, encoded)
        content = {"data_ref": reference, "data_bytes": size, "data_short": _short_texts(data)}
        return Entry(event_type, data, content, nonce)

    def append(self, run_id: str, seq: int, entry: Entry, *others: Write) -> Event:
        """Writes the entry as event `seq`, with the other writes or not at all. Raises ConditionFailed where the number
        is taken or a condition of the others does not hold."""
        event, put = self._event(run_id, seq, entry)
        if others:
            self._table.transact(put, *others)
        else:
            self._table.put(put)
        if entry.type in FINAL_EVENTS:
            # The metric of ended runs is made of this line, whichever process ends the run.
            log(RUN_ENDED, run_id=run_id, status=FINAL_EVENTS[entry.type].value, code=entry.data.get("code"))
        return event

    def put(self, run_id: str, seq: int, entry: Entry) -> Put:
        """The write of the entry as event `seq`, for a transaction that appends to another run."""
        return self._event(run_id, seq, entry)[1]

    def append_all(self, run_id: str, seq: int, entries: Sequence[Entry], *others: Write) -> list[Event]:
        """Like append, of several entries from number `seq` on. A transaction has 100 writes at most."""
        made = [self._event(run_id, seq + offset, entry) for offset, entry in enumerate(entries)]
        self._table.transact(*(put for _, put in made), *others)
        return [event for event, _ in made]

    def read(self, run_id: str, after: int, limit: int, complete: Collection[EventType] = ALL_TYPES) -> list[Recorded]:
        """The events after that number, at most `limit`, without gap. Of data in the payload store, events of types
        that are not in `complete` have only the short texts."""
        if limit <= FEW:
            return self._read_by_keys(run_id, after, limit, complete)
        first, last = event_key(run_id, after + 1), event_key(run_id, MAX_SEQ)
        items = self._table.query(first["pk"], first["sk"], last["sk"], limit)
        return [self._recorded(item, complete) for item in items]

    def latest(self, run_id: str) -> tuple[Item, Event]:
        """The head's item and the newest event; of data in the payload store it has only the short texts. Raises
        RunError UNKNOWN_RUN."""
        head, first = head_key(run_id), event_key(run_id, 0)
        items = self._table.query(head["pk"], first["sk"], head["sk"], 2, newest_first=True)
        if len(items) < 2:  # noqa: PLR2004  a head and an event
            raise unknown_run(run_id)
        return items[0], self._recorded(items[1], ()).event

    def _event(self, run_id: str, seq: int, entry: Entry) -> tuple[Event, Put]:
        event = Event(run_id, seq, entry.type, self.now(), entry.data)
        item = {
            **event_key(run_id, seq),
            "run_id": run_id,
            "seq": seq,
            "type": entry.type.value,
            "at": event.at,
            "nonce": entry.nonce,
            EXPIRY: self.expiry(),
            **entry.content,
        }
        return event, Put(item)

    def _read_by_keys(self, run_id: str, after: int, limit: int, complete: Collection[EventType]) -> list[Recorded]:
        # Numbers have no gap, so the next keys are known. A reader that follows a run finds one or two of them; on the
        # emulator a query costs as much as the run has items, however few it returns (8 ms at 100, 169 ms at 5,000).
        items = self._table.get_all([event_key(run_id, after + step) for step in range(1, limit + 1)])
        found = []
        for item in items:
            if item is None:
                break
            found.append(self._recorded(item, complete))
        return found

    def _recorded(self, item: Item, complete: Collection[EventType]) -> Recorded:
        event_type = EventType(item["type"])
        data = self._data(item) if "data" in item or event_type in complete else item.get("data_short", {})
        return Recorded(Event(item["run_id"], item["seq"], event_type, item["at"], data), item["nonce"])

    def _data(self, item: Item) -> Mapping[str, Any]:
        data: Mapping[str, Any] = json.loads(item["data"] if "data" in item else self._payloads.get(item["data_ref"]))
        return data


def _short_texts(data: Mapping[str, Any]) -> dict[str, str]:
    """Names, ids and the like, at most 16: what tells one event from another without its payload."""
    short = [(key, value) for key, value in data.items() if isinstance(value, str) and len(key) + len(value) <= _SHORT]
    return dict(short[:16])


def unknown_run(run_id: str) -> RunError:
    return RunError(
        ErrorCode.UNKNOWN_RUN, f"There is no run {run_id}; it may be misspelt, or older than runs are kept.", run_id
    )
