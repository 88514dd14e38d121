"""The state of a run, its cancellation and answers to its questions, over the routes of runs."""

import time

import pytest

from contract.errors import ErrorCode
from contract.events import EventType, Status
from contract.questions import Question, question_id
from contract.workspaces import SECRET_HEADER, WORKSPACE_HEADER
from runtime.journal import Journal, RunWriter
from tests.runtime.http.streaming.endpoint import OTHER_ID, RUN_ID, Endpoint, messages

PATH = f"/api/runs/{RUN_ID}"


def test_the_state_of_a_run(endpoint: Endpoint) -> None:
    endpoint.accept()
    endpoint.say("Be")

    response = endpoint.client.get(PATH, headers=endpoint.credentials)

    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    state = response.json()
    created = state.pop("created_at")
    assert created == endpoint.journal.head(RUN_ID).created_at
    assert state == {
        "run_id": RUN_ID,
        "status": "RUNNING",
        "agent": "first",
        "session_id": RUN_ID,
        "question": "Why?",
        "cancel_requested": False,
        "usage": {},
        "error": None,
    }


def test_a_run_that_has_ended_has_its_answer(endpoint: Endpoint) -> None:
    endpoint.accept()
    endpoint.say("Be", "cause.\ud83d")
    endpoint.end()

    state = endpoint.client.get(PATH, headers=endpoint.credentials).json()

    assert (state["status"], state["answer"]) == ("SUCCEEDED", "Because.\ud83d")


def test_a_run_of_several_agents_has_the_answer_of_the_last(endpoint: Endpoint) -> None:
    endpoint.accept()
    for text in ("first", "second"):
        endpoint.journal.add(RUN_ID, EventType.AGENT_BACKGROUND_TASK_STARTED, {})
        endpoint.say(f"{text} ", "answer")
    endpoint.journal.add(RUN_ID, EventType.AGENT_BACKGROUND_TASK_STARTED, {})
    endpoint.end()

    assert endpoint.client.get(PATH, headers=endpoint.credentials).json()["answer"] == "second answer"


def test_a_run_that_has_failed_has_its_error_and_the_answer_so_far(endpoint: Endpoint) -> None:
    endpoint.accept()
    endpoint.say("Be")
    error = {"code": ErrorCode.MODEL_ERROR.value, "error": "The model failed."}
    endpoint.journal.close(RUN_ID, EventType.RUN_FAILED, error, error)

    state = endpoint.client.get(PATH, headers=endpoint.credentials).json()

    assert (state["status"], state["error"], state["answer"]) == ("FAILED", error, "Be")


def test_a_run_past_its_deadline_has_ended_when_it_is_asked_for(endpoint: Endpoint) -> None:
    endpoint.accept()
    endpoint.journal.change(RUN_ID, deadline_at=0.0)

    state = endpoint.client.get(PATH, headers=endpoint.credentials).json()

    assert (state["status"], state["error"]["code"]) == ("FAILED", "AGENT_LOST")


@pytest.mark.parametrize("missing", [WORKSPACE_HEADER, SECRET_HEADER])
@pytest.mark.parametrize(("method", "path"), [("GET", PATH), ("POST", f"{PATH}/cancel"), ("POST", f"{PATH}/answer")])
def test_a_request_without_a_caller_is_told_what_to_send(
    endpoint: Endpoint, method: str, path: str, missing: str
) -> None:
    endpoint.accept()
    headers = {name: value for name, value in endpoint.credentials.items() if name != missing}

    response = endpoint.client.request(method, path, headers=headers, json={"answer": 1} if method == "POST" else None)

    assert response.status_code == 401
    assert missing in response.json()["error"]
    assert not endpoint.journal.head(RUN_ID).cancel_requested


@pytest.mark.parametrize(("run_id", "status", "code"), [(OTHER_ID, 404, "UNKNOWN_RUN"), ("7", 400, "INVALID_REQUEST")])
@pytest.mark.parametrize("action", ["", "/cancel", "/answer"])
def test_a_run_that_is_unknown_is_not_found(
    endpoint: Endpoint, run_id: str, status: int, code: str, action: str
) -> None:
    method = "POST" if action else "GET"
    body = {"answer": 1} if action == "/answer" else None

    response = endpoint.client.request(method, f"/api/runs/{run_id}{action}", headers=endpoint.credentials, json=body)

    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize("action", ["", "/cancel", "/answer"])
def test_a_run_of_another_workspace_or_agent_is_not_touched(endpoint: Endpoint, action: str) -> None:
    endpoint.accept()
    other = {WORKSPACE_HEADER: "other", SECRET_HEADER: endpoint.workspaces.create("other", "first")}
    second = {WORKSPACE_HEADER: "acme", SECRET_HEADER: endpoint.second_secret}

    for headers in (other, second):
        method, body = ("POST", {"answer": 1}) if action else ("GET", None)
        response = endpoint.client.request(method, f"{PATH}{action}", headers=headers, json=body)
        assert (response.status_code, response.json()["code"]) == (403, "NOT_OWNER")

    assert len(endpoint.journal.events[RUN_ID]) == 1


def test_a_cancellation_is_recorded_once(endpoint: Endpoint) -> None:
    endpoint.accept()

    for _ in range(2):
        response = endpoint.client.post(f"{PATH}/cancel", headers=endpoint.credentials)
        assert response.status_code == 200
        assert response.json() == {"run_id": RUN_ID, "status": "RUNNING", "cancel_requested": True}

    assert [event.type for event in endpoint.journal.events[RUN_ID]] == ["RUN_ACCEPTED", "CANCEL_REQUESTED"]


def test_a_run_that_waits_for_its_worker_is_handed_off_so_that_it_ends(endpoint: Endpoint) -> None:
    endpoint.start()

    endpoint.client.post(f"{PATH}/cancel", headers=endpoint.credentials)

    assert endpoint.dispatcher.runs == [RUN_ID, RUN_ID]


def test_an_ended_run_stays_as_it_is(endpoint: Endpoint) -> None:
    endpoint.accept()
    endpoint.end()

    response = endpoint.client.post(f"{PATH}/cancel", headers=endpoint.credentials)

    assert response.json() == {"run_id": RUN_ID, "status": "SUCCEEDED", "cancel_requested": False}


@pytest.fixture
def asking(journal: Journal) -> tuple[Endpoint, str]:
    """An endpoint over the genuine journal, and a run that waits for an answer."""
    endpoint = Endpoint(journal)
    run_id = endpoint.start(run_id=None).headers["longrun-run-id"]
    head = journal.claim(run_id)
    choice = {"type": "string", "enum": ["regression", "weighting"]}
    asked = Question(question_id("which"), "Which estimator?", time.time() + 3_600, choice)
    RunWriter(journal, head, 1).ask(head, [(asked, "which")], time.time() + 7_200)
    endpoint.dispatcher.runs.clear()
    return endpoint, run_id


@pytest.mark.dynamodb
def test_a_run_that_waits_shows_its_question_and_goes_on_with_the_answer(asking: tuple[Endpoint, str]) -> None:
    endpoint, run_id = asking
    path = f"/api/runs/{run_id}"

    state = endpoint.client.get(path, headers=endpoint.credentials).json()
    (question,) = state["questions"]
    assert (state["status"], question["text"]) == ("WAITING", "Which estimator?")
    assert question["schema"]["enum"] == ["regression", "weighting"]

    wrong = endpoint.client.post(f"{path}/answer", headers=endpoint.credentials, json={"answer": "guess"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "INVALID_REQUEST")
    body = {"answer": "regression", "question_id": question["question_id"]}
    response = endpoint.client.post(f"{path}/answer", headers=endpoint.credentials, json=body)

    assert response.status_code == 200
    assert response.json()["status"] == "QUEUED"
    assert endpoint.dispatcher.runs == [run_id]
    again = endpoint.client.post(f"{path}/answer", headers=endpoint.credentials, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "CONFLICT")


@pytest.mark.dynamodb
def test_a_stream_shows_the_question_and_what_has_been_answered(asking: tuple[Endpoint, str]) -> None:
    endpoint, run_id = asking
    endpoint.client.post(f"/api/runs/{run_id}/answer", headers=endpoint.credentials, json={"answer": "weighting"})

    stream = endpoint.client.get(endpoint.path, params={"run_id": run_id})

    events = messages(stream.text)
    assert [message.event for message in events] == ["RUN_ACCEPTED", "QUESTION", "ANSWER"]
    assert events[-1].data["data"]["answer"] == "weighting"


@pytest.mark.dynamodb
def test_a_run_that_waits_is_cancelled_at_once(asking: tuple[Endpoint, str]) -> None:
    endpoint, run_id = asking

    response = endpoint.client.post(f"/api/runs/{run_id}/cancel", headers=endpoint.credentials)

    assert response.json()["status"] == "CANCELLED"
    assert endpoint.journal.head(run_id).status is Status.CANCELLED
