"""What a state machine asks the journal, and what of the answer it keeps, against the items that the journal writes."""

import re
from dataclasses import fields

from contract.events import FINAL_EVENTS
from runtime.journal.head import Head, NewRun, new_head
from runtime.journal.items import event_key, head_key
from runtime.journal.query import TERMINAL, latest_arguments, latest_variables, newest_event

RUN = "0198f000-0000-7000-8000-000000000000"
ASKED = latest_arguments("runs", "$run_id")
NAMES: dict[str, str] = ASKED["ExpressionAttributeNames"]
RESERVED = {"status", "type", "error", "data", "at", "owner", "agent", "usage"}


def test_head_and_newest_event_lie_in_the_range_that_is_asked_for() -> None:
    first = ASKED["ExpressionAttributeValues"][":first"]["S"]
    last = ASKED["ExpressionAttributeValues"][":head"]["S"]

    assert first <= event_key(RUN, 1)["sk"] < event_key(RUN, 9_999_999_999)["sk"] < head_key(RUN)["sk"] == last
    assert (ASKED["ScanIndexForward"], ASKED["Limit"]) == (False, 2)


def test_partition_is_that_of_the_run() -> None:
    expression = ASKED["ExpressionAttributeValues"][":run"]["S"]

    assert expression == "{% 'RUN#' & $run_id %}"
    assert head_key(RUN)["pk"] == "RUN#" + RUN


def test_every_attribute_is_asked_for_by_an_expression_name() -> None:
    text = ASKED["KeyConditionExpression"] + " " + ASKED["ProjectionExpression"]
    bare = set(re.findall(r"(?<![#:\w])[a-z_]+", text))

    assert bare == set()
    assert set(re.findall(r"#\w+", text)) == set(NAMES)
    assert {"status", "type", "error"} <= RESERVED & set(NAMES.values())


def test_data_of_events_is_left_out() -> None:
    assert not {"data", "data_ref", "question"} & set(NAMES.values())


def test_attributes_are_those_that_the_journal_writes() -> None:
    run = NewRun(RUN, RUN, "somebody", "analysis", "Why?", None, 0.0, workflow="arn:execution")
    written = set(new_head(run, "2026-11-21T12:00:00Z", 0.0)) | {"pk", "sk", "seq", "type", "code"} | {"paused_epoch"}

    assert set(NAMES.values()) <= written
    assert {"status", "step", "step_done", "heartbeat_at", "cancel_requested", "output", "error"} <= {
        field.name for field in fields(Head)
    }


def paths(values: dict[str, str]) -> set[str]:
    """Which attribute of which item, with the type that DynamoDB gives it."""
    return {path for text in values.values() for path in re.findall(r"Items\[\d\]\.([\w.]+)", text)}


def test_variables_are_read_from_what_was_asked_for_by_the_types_on_the_wire() -> None:
    assert paths(latest_variables()) == {
        *("status.S", "step.N", "step_done.N", "heartbeat_at.N", "output.S", "epoch.N", "paused_epoch.N"),
        *("cancel_requested.BOOL", "cancel_requested.Bool"),
        *("error.M.code.S", "error.M.error.S"),
    }
    assert paths(newest_event()) == {"seq.N", "type.S"}


def test_run_ends_as_the_contract_says() -> None:
    assert sorted(TERMINAL) == sorted(status.value for status in FINAL_EVENTS.values())
