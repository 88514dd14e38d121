"""The streaming endpoint of a deployed system, by its URL: events as they happen, and what happens when a reader or the
app goes away."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from cli.commands.workspace import workspace
from cli.errors import CliError
from cli.options import TargetOptions
from client import new_run_id
from contract.limits import MAX_STREAM_BODY_BYTES
from tests.system.harness import EFFECT_QUESTION, LONG_QUESTION, Deployment, deployed, wait_for
from tests.system.signed_requests import signed
from tests.system.streams import Caller, Stream

pytestmark = pytest.mark.sandbox

JSON = {"content-type": "application/json"}
STUDY_QUESTION = "Did the training programme raise earnings? Use the survey men as the comparison group."
CHOICE = "regression_adjustment"
SECRET_QUESTION = "a question that no log may repeat"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("sandbox"), {"longrun:streamResponseSeconds": "20"}) as running:
        yield running


@pytest.fixture
def caller(deployment: Deployment) -> Caller:
    deployment.model(token_ms=5, first_token_ms=5, faults=[])
    return Caller.of(deployment)


def administer(deployment: Deployment, **request: str) -> dict[str, Any]:
    """What the gateway answers to an operator."""
    answer = deployment.client("lambda").invoke(
        FunctionName=deployment.state.outputs["gateway_function"], Payload=json.dumps({"workspace": request}).encode()
    )
    reply: dict[str, Any] = json.loads(answer["Payload"].read())
    return reply


def environments(deployment: Deployment, serves: str) -> list[int]:
    """The processes of the endpoint that serve a request, or an event."""
    listed = deployment.sidecar("GET", "/_longrun/functions")["environments"]
    return [one["pids"][0] for one in listed if one["serves"] == serves and one["pids"]]


def assert_is_whole(deployment: Deployment, run_id: str, *streams: Stream) -> None:
    """What the streams have brought together is the journal: nothing is lost, and nothing came twice."""
    seen = [(event.id, event.type) for stream in streams for event in stream.events]
    assert seen == deployment.journal(run_id)


def test_events_arrive_one_by_one_and_the_first_text_long_before_the_end(
    deployment: Deployment, caller: Caller
) -> None:
    with caller.start(LONG_QUESTION) as stream:
        caller.complete(stream)

    headers = stream.response.headers
    assert headers["content-type"] == "text/event-stream"
    assert headers["cache-control"] == "no-cache, no-transform"
    texts = [event.read_at for event in stream.events if event.type == "TEXT"]
    assert len(texts) > 10
    assert len(set(texts)) > len(texts) / 2, "they came in a few pieces"
    began, ended = stream.events[0].read_at, stream.events[-1].read_at
    assert texts[0] - began < (ended - began) / 2
    assert stream.events[-1].type == "RUN_SUCCEEDED"
    assert stream.text == deployment.text(stream.run_id)
    assert_is_whole(deployment, stream.run_id, stream)


def test_the_run_is_the_workspaces_and_its_state_can_be_asked_for(deployment: Deployment, caller: Caller) -> None:
    with caller.start(EFFECT_QUESTION) as stream:
        stream.rest()

    status = caller.status(stream.run_id)

    assert (status.status_code, status.json()["status"]) == (200, "SUCCEEDED")
    assert "1,794" in status.json()["answer"]
    assert deployment.head(stream.run_id)["owner"]["S"] == "workspace:demo"


def test_a_reader_that_leaves_does_not_end_the_run(deployment: Deployment, caller: Caller) -> None:
    with caller.start(LONG_QUESTION) as left:
        left.until("TEXT")

    wait_for(lambda: deployment.status(left.run_id) == "SUCCEEDED", "the end of a run whose reader has left")
    assert caller.status(left.run_id).json()["answer"] == deployment.text(left.run_id)


def test_a_dropped_connection_resumes_without_loss_or_repeat(deployment: Deployment, caller: Caller) -> None:
    run_id = new_run_id()
    with caller.start(LONG_QUESTION, run_id=run_id) as first:
        first.until("TEXT")
    with caller.resume(run_id, first.ids[-1]) as second:
        second.until("TEXT")
    with caller.resume(run_id, second.ids[-1]) as third:
        caller.complete(third)

    assert third.has_end
    assert_is_whole(deployment, run_id, first, second, third)


def test_a_request_that_is_sent_again_starts_no_second_run(deployment: Deployment, caller: Caller) -> None:
    run_id = new_run_id()
    with caller.start(EFFECT_QUESTION, run_id=run_id) as first:
        first.until("RUN_ACCEPTED")
    with caller.start(EFFECT_QUESTION, run_id=run_id) as again:
        again.rest()
    other = caller.post(json.dumps({"question": "Another?", "run_id": run_id}).encode(), JSON)

    assert_is_whole(deployment, run_id, again)
    assert (other.status_code, other.json()["code"]) == (409, "CONFLICT")


def test_a_reader_that_has_everything_is_told_so(caller: Caller) -> None:
    with caller.start(EFFECT_QUESTION) as stream:
        stream.rest()
    query = {"run_id": stream.run_id, "after": str(stream.ids[-1])}

    answer = httpx.get(caller.url, params=query, trust_env=False)

    assert answer.status_code == 204


def test_a_response_that_reaches_its_bound_is_no_end(deployment: Deployment, caller: Caller) -> None:
    """The run of slow tokens takes longer than the 20 s of a response."""
    deployment.fault("first-token-delay", delay_ms=22_000, count=1)

    with caller.start(LONG_QUESTION) as first:
        first.rest()
    assert not first.has_end
    assert first.comments, "the response is idle for more than 15 s"
    with caller.resume(first.run_id, first.ids[-1]) as second:
        caller.complete(second)

    assert second.has_end
    assert_is_whole(deployment, first.run_id, first, second)


def test_a_killed_reading_app_is_a_disconnection_and_the_run_goes_on(deployment: Deployment, caller: Caller) -> None:
    deployment.model(token_ms=15)
    with caller.start(LONG_QUESTION) as first:
        first.until("TEXT")
        (reader,) = environments(deployment, "request")
        os.kill(reader, signal.SIGKILL)
        first.rest()
    with caller.resume(first.run_id, first.ids[-1]) as second:
        caller.complete(second)

    assert not first.has_end
    assert second.events[-1].type == "RUN_SUCCEEDED"
    assert_is_whole(deployment, first.run_id, first, second)


def test_a_killed_working_app_is_a_disconnection_and_the_run_ends_as_failed(
    deployment: Deployment, caller: Caller
) -> None:
    deployment.model(token_ms=15)
    with caller.start(LONG_QUESTION) as first:
        first.until("TEXT")
        deployment.sidecar("POST", f"/_longrun/functions/{deployment.state.outputs['stream_function']}/kill")
        first.rest()
    with caller.resume(first.run_id, first.ids[-1]) as second:
        caller.complete(second)

    assert not first.has_end
    assert second.events[-1].type == "RUN_FAILED"
    assert second.events[-1].data["data"]["code"] == "AGENT_LOST"
    assert_is_whole(deployment, first.run_id, first, second)


def test_a_run_is_cancelled_and_keeps_its_text(deployment: Deployment, caller: Caller) -> None:
    deployment.model(token_ms=15)
    with caller.start(LONG_QUESTION) as stream:
        stream.until("TEXT")
        reply = caller.cancel(stream.run_id)
        caller.complete(stream)

    assert (reply.status_code, reply.json()["cancel_requested"]) == (200, True)
    assert stream.events[-1].type == "RUN_CANCELLED"
    assert stream.text
    assert caller.status(stream.run_id).json()["answer"] == stream.text


def test_a_question_is_answered_and_the_run_goes_on_in_the_same_stream(deployment: Deployment, caller: Caller) -> None:
    made = administer(deployment, action="create", workspace_id="studies", agent="study_analyst")
    study = Caller(caller.base, "studies", "study_analyst", made["secret"])

    with study.start(STUDY_QUESTION) as stream:
        asked = stream.until("QUESTION")
        waiting = study.status(stream.run_id).json()
        wrong = study.answer(stream.run_id, answer="by guessing")
        right = study.answer(stream.run_id, answer=CHOICE, question_id=asked.data["data"]["question_id"])
        study.complete(stream)

    assert (waiting["status"], len(waiting["questions"])) == ("WAITING", 1)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "INVALID_REQUEST")
    assert right.status_code == 200
    assert stream.events[-1].type == "RUN_SUCCEEDED"
    assert_is_whole(deployment, stream.run_id, stream)


def test_who_does_not_know_the_secret_learns_nothing(caller: Caller) -> None:
    with caller.start(EFFECT_QUESTION) as stream:
        stream.rest()
    strangers = [
        Caller(caller.base, "nobody", caller.agent, caller.secret),
        Caller(caller.base, caller.workspace, "nobody", caller.secret),
        Caller(caller.base, caller.workspace, "causal_analyst", caller.secret),
        Caller(caller.base, caller.workspace, caller.agent, "wrong"),
    ]
    body = json.dumps({"question": "?", "run_id": stream.run_id}).encode()

    replies = [stranger.post(body, JSON) for stranger in strangers]
    about = [stranger.status(run_id) for stranger in strangers[::3] for run_id in (stream.run_id, new_run_id())]

    assert {(reply.status_code, reply.json()["code"]) for reply in (*replies, *about)} == {(404, "NOT_OWNER")}
    assert len({reply.text for reply in (*replies, *about)}) == 1


def test_a_workspace_is_made_rotated_and_removed_by_the_command_line(
    deployment: Deployment, caller: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    def longrun(action: str) -> dict[str, str]:
        workspace(action, "acme", "data_analyst", target=TargetOptions(state=deployment.folder), as_json=True)
        reply: dict[str, str] = json.loads(capsys.readouterr().out)
        return reply

    def run_of(secret: str) -> httpx.Response:
        return Caller(caller.base, "acme", "data_analyst", secret).status(new_run_id())

    old = longrun("create")["secret"]
    assert run_of(old).json()["code"] == "UNKNOWN_RUN"
    new = longrun("rotate")["secret"]
    assert run_of(new).json()["code"] == "UNKNOWN_RUN"
    assert longrun("remove") == {"workspace_id": "acme", "agent": "data_analyst"}
    with pytest.raises(CliError) as caught:
        longrun("remove")
    assert caught.value.code == "INVALID_REQUEST"


def test_a_run_that_is_unknown_or_anothers_is_refused(deployment: Deployment, caller: Caller) -> None:
    with deployment.ws("somebody") as ws:
        ws.send(action="start", question=EFFECT_QUESTION)
        foreign = ws.receive()["run_id"]

    unknown, others = caller.status(new_run_id()), caller.status(foreign)

    assert (unknown.status_code, unknown.json()["code"]) == (404, "UNKNOWN_RUN")
    assert (others.status_code, others.json()["code"]) == (403, "NOT_OWNER")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{question", JSON, 400),
        (b'{"question": " "}', JSON, 400),
        (b'{"question": "?", "run_id": "1"}', JSON, 400),
        (b'{"question": "?", "qestion": "?"}', JSON, 400),
        (b"question=1", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (json.dumps({"question": "x" * MAX_STREAM_BODY_BYTES}).encode(), JSON, 413),
    ],
    ids=["no JSON", "no question", "no UUID", "unknown key", "media type", "too large"],
)
def test_bad_requests_have_their_status_and_become_no_run(
    caller: Caller, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = caller.post(body, headers)

    assert (answer.status_code, answer.json()["code"]) == (status, "INVALID_REQUEST")
    assert "longrun-run-id" not in answer.headers


def test_the_event_route_is_closed_to_callers(caller: Caller) -> None:
    answer = httpx.post(f"{caller.base}events", json={"run_id": new_run_id()}, trust_env=False)

    assert answer.status_code == 404


def test_a_url_with_iam_serves_signed_requests_alone(deployment: Deployment, caller: Caller) -> None:
    url = str(deployment.state.outputs["stream_url"])
    path = f"api/streams/{caller.workspace}/{caller.agent}/{caller.secret}"
    body = json.dumps({"question": EFFECT_QUESTION}).encode()
    with iam_only(deployment):
        unsigned = caller.post(body, JSON)
        with signed(deployment, "POST", f"{url}{path}", body, JSON) as response:
            stream = Stream(response)
            stream.rest()

    assert unsigned.status_code == 403
    assert "longrun-run-id" not in unsigned.headers
    assert stream.events[-1].type == "RUN_SUCCEEDED"


@contextmanager
def iam_only(deployment: Deployment) -> Iterator[None]:
    """The URL as a stack with streamAuthorization AWS_IAM has it."""
    client, name = deployment.client("lambda"), deployment.state.outputs["stream_function"]
    client.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    try:
        yield
    finally:
        client.update_function_url_config(FunctionName=name, AuthType="NONE")


def test_no_log_has_a_secret_or_what_was_asked(deployment: Deployment, caller: Caller) -> None:
    with caller.start(SECRET_QUESTION) as stream:
        stream.rest()
    Caller(caller.base, caller.workspace, caller.agent, "a-wrong-secret").post(b"{}", JSON)
    caller.status(stream.run_id)
    logs = deployment.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]

    def lines(group: str) -> str:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return "\n".join(event["message"] for page in pages for event in page["events"])

    group = deployment.state.outputs["stream_log_group"]
    wait_for(lambda: stream.run_id in lines(group), "the line of the request")
    texts = [lines(group) for group in groups]
    texts += [file.read_text(errors="replace") for file in (deployment.folder / "logs").rglob("*") if file.is_file()]
    for secret in (caller.secret, "a-wrong-secret", deployment.state.secret_access_key, SECRET_QUESTION):
        assert not [text for text in texts if secret in text], secret
