import pytest

from contract.events import FINAL_EVENTS, Event, EventType, Status, timestamp


def test_every_terminal_status_has_one_final_event() -> None:
    assert sorted(FINAL_EVENTS.values()) == sorted(status for status in Status if status.is_terminal)
    assert {event for event in EventType if event.ends_run} == FINAL_EVENTS.keys()


def test_an_event_survives_the_wire() -> None:
    event = Event("run-1", 2, EventType.TEXT, timestamp(1_700_000_000.5), {"text": "Hello"})

    assert event.at == "2023-11-14T22:13:20.500Z"
    assert Event.from_wire(event.to_wire()) == event


@pytest.mark.parametrize("event_type", EventType)
def test_the_names_on_the_wire_are_the_names_of_the_types(event_type: EventType) -> None:
    assert event_type.value == event_type.name
