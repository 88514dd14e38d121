"""Starting a run and following it over the stream's route."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from contract.errors import ErrorCode, RunError
from contract.events import Status
from contract.run_ids import is_run_id
from runtime.journal import NewRun
from runtime.process.dispatch import DispatchError
from tests.runtime.collector import Collector
from tests.runtime.http.streaming.endpoint import OTHER_ID, RUN_ID, Endpoint, logged, memory_endpoint, messages, seqs


def wait_until(condition: Callable[[], bool]) -> None:
    """Nobody waits for the first span."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


def test_a_post_starts_a_run_and_streams_its_events(endpoint: Endpoint) -> None:
    response = endpoint.start()

    assert response.status_code == 200
    headers = response.headers
    assert headers["content-type"] == "text/event-stream"
    assert headers["cache-control"] == "no-cache, no-transform"
    assert headers["x-accel-buffering"] == "no"
    assert headers["longrun-run-id"] == RUN_ID
    assert response.text.startswith("retry: 1000\n\nid: 1\nevent: RUN_ACCEPTED\ndata: {")
    (message,) = messages(response.text)
    assert message.data == endpoint.journal.events[RUN_ID][0].to_wire()
    head = endpoint.journal.head(RUN_ID)
    assert (head.owner, head.agent, head.question) == ("workspace:acme", "first", "Why?")
    assert endpoint.dispatcher.runs == [RUN_ID]


def test_a_start_without_a_run_id_gets_one_that_header_and_first_event_name(endpoint: Endpoint) -> None:
    response = endpoint.start(run_id=None)

    run_id = response.headers["longrun-run-id"]
    assert is_run_id(run_id)
    assert messages(response.text)[0].data["run_id"] == run_id


def test_a_post_that_is_sent_again_starts_no_second_run(endpoint: Endpoint) -> None:
    endpoint.start()
    endpoint.journal.claim(RUN_ID)
    endpoint.say("Because.")
    endpoint.end()

    again = endpoint.start()

    assert seqs(again.text) == [1, 2, 3]
    assert list(endpoint.journal.heads) == [RUN_ID]
    assert endpoint.dispatcher.runs == [RUN_ID]


def test_a_post_that_is_sent_again_before_a_worker_came_hands_the_run_off_again(endpoint: Endpoint) -> None:
    endpoint.start()
    endpoint.start()

    assert endpoint.dispatcher.runs == [RUN_ID, RUN_ID]


def test_a_run_id_of_another_request_is_a_conflict(endpoint: Endpoint) -> None:
    endpoint.start()

    response = endpoint.start(question="How?")

    assert response.status_code == 409
    assert (response.json()["code"], response.json()["run_id"]) == ("CONFLICT", RUN_ID)


def test_a_get_starts_a_run_too(endpoint: Endpoint) -> None:
    query = {"question": "Why?", "run_id": RUN_ID, "session_id": "talk", "if_busy": "queue"}
    response = endpoint.client.get(endpoint.path, params=query)

    assert seqs(response.text) == [1]
    assert endpoint.journal.head(RUN_ID).session_id == "talk"


def test_a_head_request_starts_nothing(endpoint: Endpoint) -> None:
    response = endpoint.client.head(endpoint.path, params={"question": "Why?"})

    assert response.status_code == 405
    assert endpoint.journal.heads == {}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_known_run_is_followed_by_its_id_alone(endpoint: Endpoint, method: str) -> None:
    endpoint.accept()
    endpoint.say("Because.")
    endpoint.end()

    given: dict[str, Any] = {"params" if method == "GET" else "json": {"run_id": RUN_ID}}
    response = endpoint.client.request(method, endpoint.path, **given)

    assert [message.event for message in messages(response.text)] == ["RUN_ACCEPTED", "TEXT", "RUN_SUCCEEDED"]


def test_the_stream_ends_with_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    endpoint = memory_endpoint(seconds=60)
    endpoint.accept()
    endpoint.say("Because.")
    endpoint.end()

    response = endpoint.client.get(endpoint.path, params={"run_id": RUN_ID})

    assert response.text.endswith("}\n\n")
    (line,) = logged(capsys.readouterr().out)
    assert (line["events"], line["end"]) == (3, "final")


def test_a_stream_that_reaches_its_bound_ends_without_an_end_of_the_run(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.accept()
    endpoint.say("Be")

    response = endpoint.client.get(endpoint.path, params={"run_id": RUN_ID})

    assert [message.event for message in messages(response.text)] == ["RUN_ACCEPTED", "TEXT"]
    assert endpoint.status() is Status.RUNNING
    assert logged(capsys.readouterr().out)[-1]["end"] == "bound"


def test_a_stream_ends_before_the_functions_time_is_up(capsys: pytest.CaptureFixture[str]) -> None:
    endpoint = memory_endpoint(seconds=60)
    endpoint.accept()

    headers = endpoint.event_headers(seconds_left=2.1)
    response = endpoint.client.get(endpoint.path, params={"run_id": RUN_ID}, headers=headers)

    assert seqs(response.text) == [1]
    assert logged(capsys.readouterr().out)[-1]["end"] == "bound"


@pytest.mark.parametrize("by", ["header", "query"])
def test_a_reader_that_comes_back_gets_what_it_lacks(endpoint: Endpoint, by: str) -> None:
    endpoint.accept()
    endpoint.say(*(f"word {number} " for number in range(300)))
    endpoint.end()

    headers = {"last-event-id": "117"} if by == "header" else {}
    params = {"run_id": RUN_ID, **({} if by == "header" else {"after": "117"})}
    response = endpoint.client.get(endpoint.path, params=params, headers=headers)

    assert seqs(response.text) == list(range(118, 303))


def test_streams_that_follow_each_other_lose_and_repeat_nothing(endpoint: Endpoint) -> None:
    endpoint.accept()
    got: list[int] = []
    for _ in range(4):
        endpoint.say("one ", "two ")
        headers = {"last-event-id": str(got[-1])} if got else {}
        query = {"question": "Why?", "run_id": RUN_ID}
        got += seqs(endpoint.client.get(endpoint.path, params=query, headers=headers).text)
    endpoint.end()
    got += seqs(endpoint.client.get(endpoint.path, params=query, headers={"last-event-id": str(got[-1])}).text)

    assert got == list(range(1, 11))


def test_a_reader_that_has_the_end_is_told_not_to_come_back(endpoint: Endpoint) -> None:
    endpoint.accept()
    endpoint.end()

    response = endpoint.client.get(endpoint.path, params={"run_id": RUN_ID}, headers={"last-event-id": "2"})

    assert (response.status_code, response.content) == (204, b"")


def test_a_number_that_the_run_has_not_reached_is_rejected(endpoint: Endpoint) -> None:
    endpoint.accept()

    response = endpoint.client.get(endpoint.path, params={"run_id": RUN_ID}, headers={"last-event-id": "9"})

    assert response.status_code == 400
    assert "has 1 events so far" in response.json()["error"]


def test_a_reader_that_comes_back_without_its_runs_id_starts_nothing(endpoint: Endpoint) -> None:
    response = endpoint.client.get(endpoint.path, params={"question": "Why?"}, headers={"last-event-id": "3"})

    assert response.status_code == 400
    assert "run_id" in response.json()["error"]
    assert endpoint.journal.heads == {}


def test_a_reader_that_comes_back_to_a_run_that_is_gone_starts_nothing(endpoint: Endpoint) -> None:
    query = {"question": "Why?", "run_id": RUN_ID}
    response = endpoint.client.get(endpoint.path, params=query, headers={"last-event-id": "3"})

    assert (response.status_code, response.json()["code"]) == (404, "UNKNOWN_RUN")
    assert endpoint.journal.heads == {}


def test_a_run_of_another_workspace_is_not_shown(endpoint: Endpoint) -> None:
    endpoint.accept()
    secret = endpoint.workspaces.create("other", "first")

    response = endpoint.client.get(f"/api/streams/other/first/{secret}", params={"run_id": RUN_ID})

    assert (response.status_code, response.json()["code"]) == (403, "NOT_OWNER")


def test_a_run_of_an_agent_that_the_secret_is_not_for_is_not_shown(endpoint: Endpoint) -> None:
    endpoint.accept()

    path = f"/api/streams/acme/second/{endpoint.second_secret}"
    response = endpoint.client.get(path, params={"run_id": RUN_ID})

    assert (response.status_code, response.json()["code"]) == (403, "NOT_OWNER")


def test_an_agent_that_is_not_deployed_is_named(endpoint: Endpoint) -> None:
    secret = endpoint.workspaces.create("acme", "third")

    response = endpoint.client.post(f"/api/streams/acme/third/{secret}", json={"question": "Why?"})

    assert response.status_code == 400
    assert "'third' is not deployed" in response.json()["error"]


def test_a_run_that_no_worker_takes_has_ended_and_its_caller_sees_why(endpoint: Endpoint) -> None:
    endpoint.dispatcher.failure = DispatchError("no worker", reason="the function is in state Failed")

    response = endpoint.start()

    assert response.status_code == 500
    body = response.json()
    assert (body["code"], body["run_id"]) == ("INTERNAL", RUN_ID)
    assert "the function is in state Failed" in body["error"]
    assert endpoint.status() is Status.FAILED


def test_answers_and_the_session_are_the_runs(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted: list[Any] = []
    accept = endpoint.journal.accept

    def noted(run: NewRun) -> object:
        accepted.append(run)
        return accept(run)

    monkeypatch.setattr(endpoint.journal, "accept", noted)

    endpoint.start(session_id="talk", answers=["yes", {"n": 1}], if_busy="steer")

    (run,) = accepted
    assert (run.session_id, run.answers, run.if_busy) == ("talk", ("yes", {"n": 1}), "steer")


def test_events_arrive_while_the_run_is_at_work_and_not_at_its_end() -> None:
    endpoint = memory_endpoint(seconds=60)
    start = {"question": "Why?", "run_id": RUN_ID}
    with endpoint.live() as client, client.stream("POST", endpoint.path, json=start) as response:
        lines = response.iter_lines()
        assert next(line for line in lines if line.startswith("event")) == "event: RUN_ACCEPTED"
        endpoint.journal.claim(RUN_ID)
        for text in ("Be", "cause."):
            endpoint.say(text)
            data = json.loads(next(line for line in lines if '"TEXT"' in line).removeprefix("data: "))
            assert data["data"] == {"text": text}
        endpoint.end()
        assert [line for line in lines if line.startswith("event")] == ["event: RUN_SUCCEEDED"]


def test_a_reader_that_leaves_does_not_end_the_run() -> None:
    endpoint = memory_endpoint(seconds=60)
    start = {"question": "Why?", "run_id": RUN_ID}
    with endpoint.live() as client:
        with client.stream("POST", endpoint.path, json=start) as response:
            next(response.iter_lines())
        endpoint.journal.claim(RUN_ID)
        endpoint.say("Because.")
        assert endpoint.status() is Status.RUNNING
        endpoint.end()
        again = client.get(endpoint.path, params={"run_id": RUN_ID})

    assert [message.event for message in messages(again.text)] == ["RUN_ACCEPTED", "TEXT", "RUN_SUCCEEDED"]
    assert endpoint.dispatcher.runs == [RUN_ID]


def test_nobody_reads_for_a_reader_that_has_left(capsys: pytest.CaptureFixture[str]) -> None:
    endpoint = memory_endpoint(seconds=60)
    endpoint.accept()
    output = ""
    with endpoint.live() as client:
        with client.stream("GET", endpoint.path, params={"run_id": RUN_ID}) as response:
            next(response.iter_lines())
        until = time.monotonic() + 10
        while "http.served" not in output and time.monotonic() < until:
            output += capsys.readouterr().out
            time.sleep(0.002)

    (line,) = logged(output)
    assert line["end"] == "left"


def test_a_session_that_is_busy_is_a_conflict_that_names_its_run(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_run: object) -> None:
        raise RunError(ErrorCode.CONFLICT, "The session has an active run.", RUN_ID)

    endpoint.accept()
    monkeypatch.setattr(endpoint.journal, "accept", busy)

    response = endpoint.start(run_id=OTHER_ID, session_id="talk")

    assert (response.status_code, response.json()["run_id"]) == (409, RUN_ID)


def test_a_run_is_below_its_callers_span_and_each_response_is_a_span(
    endpoint: Endpoint, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    endpoint.client.headers["traceparent"] = f"00-{'a' * 32}-{'b' * 16}-00"
    endpoint.start()
    wait_until(lambda: len(collector.spans()) == 2)

    root, response = sorted(collector.spans(), key=lambda span: str(span["name"]))
    assert (root["name"], root["traceId"], root["parentSpanId"]) == ("start", "a" * 32, "b" * 16)
    assert endpoint.journal.head(RUN_ID).traceparent == f"00-{root['traceId']}-{root['spanId']}-01"
    assert (response["name"], response["parentSpanId"]) == ("stream", root["spanId"])
    said = response["attributes"]
    assert (said["run_id"], said["events"], said["end"], said["user.id"]) == (RUN_ID, "1", "bound", "workspace:acme")


def test_without_a_collector_a_run_is_in_xrays_trace(endpoint: Endpoint) -> None:
    xray = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    endpoint.client.headers["x-amzn-trace-id"] = xray
    endpoint.start()

    place = endpoint.journal.head(RUN_ID).traceparent
    assert place == "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"
