import asyncio
import re
from pathlib import Path

import pytest

from client import (
    CallRejectedError,
    CredentialsError,
    EventBus,
    LongrunError,
    RequestError,
    Submission,
    Target,
    UnreachableError,
)
from contract.run_ids import new_run_id
from tests.client.aws import EVENT_ID, TAKEN, Aws

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
TARGET = Target("ws://127.0.0.1:9/live", user="jo")


def refused(reason: str) -> tuple[int, dict[str, object]]:
    entry = {"ErrorCode": reason, "ErrorMessage": "It said no."}
    return 200, {"FailedEntryCount": 1, "Entries": [entry]}


def submit(aws: Aws, question: str = "Why?", pipeline: str | None = None, run_id: str | None = None) -> Submission:
    bus = EventBus("bus-1", TARGET, aws.url, pipelines=("analysis", "haiku"))
    return asyncio.run(bus.submit(question, pipeline, run_id))


def test_the_event_asks_for_the_run_in_the_words_of_the_contract(aws: Aws) -> None:
    taken = submit(aws, "Why — and how?", "haiku", RUN_ID)

    (entry,), (detail,) = aws.entries, aws.details
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == ("bus-1", "longrun", "RunRequested")
    assert detail | {"traceparent": ""} == {
        "question": "Why — and how?",
        "run_id": RUN_ID,
        "pipeline": "haiku",
        "owner": "jo",
        "traceparent": "",
    }
    assert (taken.run_id, taken.event_id) == (RUN_ID, EVENT_ID)


def test_the_trace_is_one_in_the_detail_in_the_header_and_in_the_answer(aws: Aws) -> None:
    taken = submit(aws)

    (entry,), (detail,) = aws.entries, aws.details
    _, trace_id, span_id, _ = detail["traceparent"].split("-")
    assert trace_id == taken.trace_id
    assert entry["TraceHeader"] == f"Root=1-{trace_id[:8]}-{trace_id[8:]};Parent={span_id};Sampled=1"


def test_each_event_names_a_run_of_its_own(aws: Aws) -> None:
    one, other = submit(aws), submit(aws)

    assert [detail["run_id"] for detail in aws.details] == [one.run_id, other.run_id]
    assert one.run_id != other.run_id
    assert re.fullmatch(r"[0-9a-f-]{36}", one.run_id)


def test_a_question_that_cannot_be_taken_is_not_sent(aws: Aws) -> None:
    with pytest.raises(RequestError, match="no pipeline 'nobody'"):
        submit(aws, pipeline="nobody")
    with pytest.raises(RequestError, match="question is empty"):
        submit(aws, "")

    assert aws.entries == []


def test_an_event_that_the_bus_rejects_is_reported_with_the_reason(aws: Aws) -> None:
    aws.answers = [refused("NotAuthorizedForSourceException")]

    with pytest.raises(CallRejectedError) as caught:
        submit(aws)

    assert caught.value.code == "REFUSED"
    assert "the event on bus bus-1 (NotAuthorizedForSourceException It said no)" in caught.value.message
    assert len(aws.entries) == 1


def test_a_busy_bus_is_asked_again_for_the_same_run(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client._event_bus._PAUSE", 0.0)
    aws.answers = [refused("ThrottlingException"), refused("InternalFailure"), (200, TAKEN)]

    taken = submit(aws)

    assert {detail["run_id"] for detail in aws.details} == {taken.run_id}
    assert len(aws.entries) == 3


def test_a_bus_that_stays_busy_is_given_up(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client._event_bus._PAUSE", 0.0)
    aws.answers = [refused("ThrottlingException")]

    with pytest.raises(CallRejectedError, match="ThrottlingException"):
        submit(aws)

    assert len(aws.entries) == 3


def test_a_caller_without_permission_sees_the_message_of_aws(aws: Aws) -> None:
    aws.answers = [(400, {"__type": "AccessDeniedException", "Message": "not authorized to perform: events:PutEvents"})]

    with pytest.raises(
        CallRejectedError, match=r"AWS rejected events:PutEvents \(AccessDeniedException not authorized"
    ):
        submit(aws)


def test_under_iam_the_event_names_the_callers_arn(aws: Aws) -> None:
    target = Target("ws://127.0.0.1:9/live", "AWS_IAM", user="ignored")

    asyncio.run(EventBus("bus-1", target, aws.url).submit("Why?", pipeline="unchecked"))

    assert aws.details[0]["owner"] == aws.arn


def test_nothing_at_the_address_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match=r"http://127\.0\.0\.1:9 cannot be reached "):
        asyncio.run(EventBus("bus-1", TARGET, "http://127.0.0.1:9").submit("Why?", run_id=new_run_id()))


def test_without_credentials_the_caller_is_advised_to_log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(CredentialsError, match="log in or set AWS_PROFILE"):
        asyncio.run(EventBus("bus-1", TARGET).submit("Why?"))


def test_an_invalid_region_is_reported_and_not_a_lack_of_credentials(aws: Aws) -> None:
    target = Target("ws://127.0.0.1:9/live", region="not a region")

    with pytest.raises(LongrunError, match="events in 'not a region' cannot be called"):
        asyncio.run(EventBus("bus-1", target, aws.url).submit("Why?"))
