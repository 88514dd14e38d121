import uuid
from typing import Any

import pytest

from contract.errors import ErrorCode, RunError
from contract.limits import MAX_QUESTION_BYTES
from contract.owners import NOBODY, USER
from contract.start_event import PartialRequest, RunRequested, StartEvent, read_start_event, run_id_of

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
EVENT_ID = "6a7e8feb-b491-4cf7-a9f1-bf3703467718"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _event(detail: object, **others: object) -> dict[str, Any]:
    envelope = {"version": "0", "id": EVENT_ID, "detail-type": "RunRequested", "source": "longrun"}
    return {**envelope, "detail": detail, **others}


def _request(event: object) -> RunRequested:
    """The request of a valid event; raises the problem of any other."""
    request = read_start_event(event).request
    if isinstance(request, PartialRequest):
        raise request.problem
    return request


def _partial(event: object) -> tuple[str, str, str]:
    """What a rejected event leaves: question, pipeline and owner."""
    request = read_start_event(event).request
    assert isinstance(request, PartialRequest)
    return request.question, request.pipeline, request.owner


def test_a_question_is_all_that_an_event_needs() -> None:
    read = read_start_event(_event({"question": "Why?"}))

    assert read == StartEvent(EVENT_ID, None, RunRequested("Why?", None, "anonymous"))


def test_everything_that_a_detail_may_say_is_read() -> None:
    detail = {"question": "Why?", "pipeline": "p", "owner": "a/b@c", "run_id": RUN_ID, "traceparent": TRACEPARENT}
    read = read_start_event(_event({**detail, "answers": ["regression", 3]}))

    request = RunRequested("Why?", "p", "a/b@c", ("regression", 3))
    assert read == StartEvent(RUN_ID, TRACEPARENT, request)


def test_null_is_the_same_as_left_out() -> None:
    detail = dict.fromkeys(("pipeline", "owner", "run_id", "traceparent"))

    assert read_start_event(_event({"question": "Why?", **detail})) == read_start_event(_event({"question": "Why?"}))


def test_a_question_of_exactly_the_limit_is_taken() -> None:
    question = "é" * (MAX_QUESTION_BYTES // 2)

    assert _request(_event({"question": question})).question == question


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ([], "The event is a JSON array; send an object as EventBridge does."),
        (None, "The event is a JSON null; send an object as EventBridge does."),
        ({"detail": {"question": "Why?"}}, "The event has no id; put it on the event bus, which gives it one."),
        (_event({"question": "Why?"}, id=7), "The event has no id; put it on the event bus, which gives it one."),
        (_event(None), "The event's detail is a JSON null; send an object with key question."),
        (_event("Why?"), "The event's detail is a JSON string; send an object with key question."),
        (_event({}), "The question is missing; send it as the text of key question."),
        (_event({"question": 7}), "The question is a JSON number; send it as text."),
        (_event({"question": ""}), "The question is empty; say what the agent is to do."),
        (
            _event({"question": "é" * 8193}),
            "The question has 16386 bytes in UTF-8; the limit is 16384: shorten it.",
        ),
        (
            _event({"question": "Why?", "agent": "a"}),
            'Unknown key "agent" in the event\'s detail; it takes answers, owner, pipeline, question, run_id, '
            "traceparent.",
        ),
        (
            _event({"question": "Why?", "run_id": RUN_ID.upper()}),
            f'The run_id "{RUN_ID.upper()}" is not a UUID; send its text of 36 characters in lower case.',
        ),
        (
            _event({"question": "Why?", "pipeline": ""}),
            'The pipeline "" is not valid; send a text of 1 to 128 characters or leave it out.',
        ),
        (
            _event({"question": "Why?", "owner": "a b"}),
            'The owner "a b" is not valid; use 1 to 256 letters, digits or _ . @ + = , : / -',
        ),
        (
            _event({"question": "Why?", "traceparent": "00-1-2-3"}),
            'The traceparent "00-1-2-3" is not valid; send W3C\'s form 00-<32 hex>-<16 hex>-<2 hex>, in lower case, '
            "or leave it out.",
        ),
    ],
)
def test_an_event_that_cannot_be_served_is_rejected_with_what_is_allowed(event: object, sentence: str) -> None:
    with pytest.raises(RunError) as caught:
        _request(event)

    assert (caught.value.code, caught.value.message) == (ErrorCode.INVALID_REQUEST, sentence)


def test_a_nest_that_cannot_be_quoted_is_rejected() -> None:
    nest: list[Any] = []
    for _ in range(100_000):
        nest = [nest]

    with pytest.raises(RunError, match="nested too deeply"):
        _request(_event({"question": "Why?", "pipeline": nest}))


def test_the_detail_names_the_run_before_the_event_does() -> None:
    assert run_id_of(_event({"run_id": RUN_ID})) == RUN_ID
    assert run_id_of(_event({})) == EVENT_ID


def test_the_event_names_the_run_where_the_detail_names_it_badly() -> None:
    assert run_id_of(_event({"run_id": "7"})) == EVENT_ID
    assert run_id_of(_event("Why?")) == EVENT_ID


@pytest.mark.parametrize("event_id", ["evt-7", EVENT_ID.upper(), "x" * 300])
def test_an_event_id_that_is_no_session_id_is_mapped_to_one_the_same_way_each_time(event_id: str) -> None:
    mapped = run_id_of(_event({}, id=event_id))

    assert mapped == run_id_of(_event({"question": "Why?"}, id=event_id))
    assert str(uuid.UUID(mapped)) == mapped
    assert mapped != run_id_of(_event({}, id=f"{event_id}."))


def test_a_trace_is_found_in_an_event_that_is_rejected_for_something_else() -> None:
    assert read_start_event(_event({"question": 7, "traceparent": TRACEPARENT})).traceparent == TRACEPARENT
    assert read_start_event(_event({"traceparent": 7})).traceparent is None
    assert read_start_event(_event([])).traceparent is None


def test_what_a_rejected_event_leaves_is_what_was_valid_in_it() -> None:
    assert _partial(_event({"question": 7, "pipeline": "p", "owner": "jo"})) == ("", "p", "jo")
    assert _partial(_event({"question": 7, "pipeline": "p"})) == ("", "p", "anonymous")


@pytest.mark.parametrize("owner", ["a b", "", "x" * 257, "(nobody)", 7, True, [], {"name": "jo"}, "jo\n", "j\u00f6"])
def test_an_owner_that_is_not_valid_leaves_a_run_of_nobody_without_its_question(owner: object) -> None:
    assert _partial(_event({"question": "Why?", "pipeline": "p", "owner": owner})) == ("", "p", NOBODY)
    assert _partial(_event({"question": 7, "owner": owner})) == ("", "", NOBODY)


def test_nobody_is_not_the_form_of_a_caller() -> None:
    assert USER.fullmatch(NOBODY) is None
    assert not NOBODY.startswith("arn:")
    assert _partial(_event([])) == ("", "", "anonymous")


def test_a_question_that_is_too_long_leaves_what_fits() -> None:
    question, _, _ = _partial(_event({"question": "x" + "é" * MAX_QUESTION_BYTES}))

    assert len(question.encode()) == MAX_QUESTION_BYTES - 1
    assert _partial(_event({"question": "\ud800"}))[0] == "?"
