import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.events import EventType
from runtime.engine.write_buffer import FLUSH_INTERVAL, MAX_BATCH_BYTES, BufferedEvent, WriteBuffer

TOOL_CALL = BufferedEvent(EventType.TOOL_CALL, {"name": "run_sql"})


def taken(outbox: WriteBuffer) -> list[BufferedEvent]:
    """All entries, in order."""
    entries = []
    while not outbox.is_empty:
        entries.append(outbox.take())
    return entries


def test_the_first_text_is_due_at_once() -> None:
    assert WriteBuffer().due_at(None) < 0


def test_text_is_due_an_interval_after_the_last_send_finished() -> None:
    assert WriteBuffer().due_at(7.5) == 7.5 + FLUSH_INTERVAL


def test_text_is_never_due_while_a_send_is_under_way() -> None:
    assert WriteBuffer().due_at(float("inf")) == float("inf")


def test_the_interval_grows_with_the_first_batches_to_a_quarter_of_a_second() -> None:
    outbox = WriteBuffer()
    intervals = []
    for _ in range(9):
        intervals.append(outbox.due_at(0.0))
        outbox.add_text("word ")
        outbox.take()

    assert intervals[:6] == sorted(set(intervals))
    assert intervals[5:] == [pytest.approx(0.249, abs=0.001)] * 4


def test_deltas_gather_into_one_event() -> None:
    outbox = WriteBuffer()
    for delta in ("To", "gether", "."):
        outbox.add_text(delta)

    assert not outbox.first_is_complete
    assert taken(outbox) == [BufferedEvent(EventType.TEXT, {"text": "Together."})]


def test_what_comes_after_text_completes_it_and_keeps_its_place() -> None:
    outbox = WriteBuffer()
    outbox.add_text("before")
    outbox.add(TOOL_CALL)
    outbox.add_text("after")

    assert outbox.first_is_complete
    before, after = BufferedEvent(EventType.TEXT, {"text": "before"}), BufferedEvent(EventType.TEXT, {"text": "after"})
    assert taken(outbox) == [before, TOOL_CALL, after]


def test_a_full_batch_waits_for_nothing() -> None:
    outbox = WriteBuffer()
    outbox.add_text("x" * MAX_BATCH_BYTES)

    assert outbox.first_is_complete


def test_an_empty_delta_is_no_text() -> None:
    outbox = WriteBuffer()
    outbox.add_text("")

    assert outbox.is_empty


@given(st.lists(st.text(max_size=6_000), max_size=6))
def test_batches_hold_all_text_in_order_within_the_size_limit(deltas: list[str]) -> None:
    outbox = WriteBuffer()
    for delta in deltas:
        outbox.add_text(delta)

    texts = [entry.data["text"] for entry in taken(outbox)]
    assert "".join(texts) == "".join(deltas)
    assert all(0 < len(text.encode("utf-8", errors="replace")) <= MAX_BATCH_BYTES for text in texts)
