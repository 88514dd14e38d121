from uuid import uuid4

import pytest

from contract.events import EventType
from tests.runtime.react_stage import ReactStage

pytestmark = pytest.mark.dynamodb

SEED = {
    "sessionId": "",
    "query": {"text": "Did it help?"},
    "networkConfig": {"subnets": ["subnet-local"], "securityGroups": ["sg-local"]},
}


def seed(react: ReactStage, **more: object) -> dict[str, object]:
    return {**SEED, "sessionId": f"s-{react.name}", **more}


def test_a_run_is_accepted_with_the_network_of_its_tools(react: ReactStage) -> None:
    reply = react.parse(seed(react, user="ada"))

    assert reply == {
        "run_id": react.run_id,
        "next": "RUN",
        "subnets": ["subnet-local"],
        "security_groups": ["sg-local"],
        "status": "QUEUED",
        "code": "",
        "sentence": "",
    }
    head = react.journal.head(react.run_id)
    assert (head.owner, head.session_id, head.agent) == ("ada", f"s-{react.name}", "scripted")
    assert (head.question, head.workflow) == ("Did it help?", react.execution)


def test_a_repeated_step_accepts_the_run_once(react: ReactStage) -> None:
    first = react.parse(seed(react))

    assert react.parse(seed(react)) == first
    assert react.types() == ["RUN_ACCEPTED"]


def test_another_execution_of_the_same_run_does_not_touch_it(react: ReactStage) -> None:
    react.play(seed(react))
    before = react.types()

    reply = react.parse(seed(react, runId=react.run_id), name="second")

    assert (reply["next"], reply["status"]) == ("END", "SUCCEEDED")
    assert react.types() == before


def test_an_id_that_is_another_question_is_refused_and_left_alone(react: ReactStage) -> None:
    react.parse(seed(react))

    reply = react.parse(seed(react, runId=react.run_id, query={"text": "Another?"}), name="second")

    assert (reply["next"], reply["code"]) == ("END", "CONFLICT")
    assert react.types() == ["RUN_ACCEPTED"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"query": {"text": "Did it?"}, "agent": "nobody"}, 'Agent "nobody" is not deployed here'),
        ({"query": {"text": "Did it?"}, "color": "red"}, 'Unknown key "color"'),
        ({"query": {}}, "The question is missing"),
    ],
    ids=["agent", "key", "question"],
)
def test_a_bad_input_ends_its_run_with_the_reason(react: ReactStage, given: object, sentence: str) -> None:
    reply = react.parse(given)

    assert (reply["next"], reply["status"], reply["code"]) == ("END", "FAILED", "INVALID_REQUEST")
    assert sentence in reply["sentence"]
    assert react.types() == ["RUN_ACCEPTED", "RUN_FAILED"]
    assert react.parse(given) == reply


def test_an_invalid_user_leaves_a_run_that_nobody_can_read(react: ReactStage) -> None:
    react.parse(seed(react, user="not valid"))

    head = react.journal.head(react.run_id)
    assert (head.owner, head.question) == ("(nobody)", "")


def test_a_session_of_another_owner_is_not_to_be_had(react: ReactStage) -> None:
    react.play(seed(react, user="ada"))
    session = f"s-{react.name}"
    react.name = str(uuid4())

    reply = react.parse({**SEED, "sessionId": session, "user": "eve"})

    assert (reply["next"], reply["code"]) == ("END", "NOT_OWNER")
    head = react.journal.head(react.run_id)
    assert (head.owner, head.session_id) == ("eve", react.run_id)


def test_a_session_with_an_active_run_is_refused(react: ReactStage) -> None:
    react.parse(seed(react))
    session, first = f"s-{react.name}", react.run_id
    react.name = str(uuid4())

    reply = react.parse({**SEED, "sessionId": session})

    assert (reply["next"], reply["code"]) == ("END", "CONFLICT")
    assert first in reply["sentence"]
    assert react.journal.head(first).status == "QUEUED"


def test_answers_and_the_trace_are_recorded_with_the_run(react: ReactStage) -> None:
    trace = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"

    react.parse(seed(react, answers=["adjusted", 3], traceparent=trace))

    assert react.journal.head(react.run_id).answers == ("adjusted", 3)
    (accepted,) = react.events()
    assert accepted.type is EventType.RUN_ACCEPTED
    assert accepted.data["agents"] == ["scripted"]
