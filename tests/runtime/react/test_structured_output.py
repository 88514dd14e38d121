"""Agents with a structured output model in the workflow: the validated object is the answer of the run."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, Field, field_validator
from strands import tool

from contract.events import EventType
from runtime.engine.answer import MAX_INVALID_OUTPUTS
from runtime.react.ending.step_errors import ModelError
from tests.runtime.react_stage import ReactStage
from tests.runtime.stage import Call, Raw, Say

pytestmark = pytest.mark.dynamodb


class Weather(BaseModel):
    """The weather of a place."""

    place: str
    degrees: int = Field(ge=-90, le=60)
    note: str = "dry"


OSLO = {"place": "Oslo", "degrees": 4}
OUTPUT = {**OSLO, "note": "dry"}
TOO_HOT = Call("Weather", {"place": "Oslo", "degrees": 400})


@tool
def measure() -> int:
    """Measure."""
    return 4


@pytest.fixture(autouse=True)
def weather(react: ReactStage) -> None:
    react.options = {"structured_output_model": Weather}
    react.tools = [measure]


def end(react: ReactStage) -> dict[str, Any]:
    return dict(react.events()[-1].data)


def test_the_validated_object_is_the_answer_of_the_run(react: ReactStage) -> None:
    react.script([Call("measure")], [Call("Weather", OSLO)])

    assert react.play()["status"] == "SUCCEEDED"

    assert react.types() == ["RUN_ACCEPTED", "USAGE", "TOOL_CALL", "TOOL_RESULT", "TEXT", "USAGE", "RUN_SUCCEEDED"]
    assert (end(react)["output"], end(react)["stop_reason"], end(react)["turns"]) == (OUTPUT, "end_turn", 2)
    assert json.loads(react.text()) == OUTPUT


def test_a_repeated_state_ends_with_the_same_object(react: ReactStage) -> None:
    react.script([Call("Weather", OSLO)])
    react.parse()
    assert react.invoke(1) == react.invoke(1, attempt=2) == {"next": "FINISH", "calls": [], "reason": "end_turn"}

    react.finish(1, "end_turn")

    assert end(react)["output"] == OUTPUT
    assert len(react.model.heard) == 1


def test_the_next_run_of_the_session_follows_the_object(react: ReactStage) -> None:
    given = {"sessionId": f"s-{react.name}", "query": {"text": "How cold?"}}
    react.script([Call("Weather", OSLO)])
    react.play(given)
    react.name = f"{react.name[:-1]}{'0' if react.name[-1] != '0' else '1'}"

    react.play(given | {"query": {"text": "And tomorrow?"}})

    (heard,) = react.model.heard[1:]
    kinds = [(message["role"], next(iter(message["content"][0]))) for message in heard]
    assert kinds == [
        *(("user", "text"), ("assistant", "toolUse"), ("user", "toolResult"), ("assistant", "text")),
        ("user", "text"),
    ]
    assert json.loads(heard[3]["content"][0]["text"]) == OUTPUT


def test_a_model_that_answers_in_words_is_asked_for_the_object(react: ReactStage) -> None:
    react.script([Say(["It is cold."])], [Call("Weather", OSLO)])

    assert react.play()["status"] == "SUCCEEDED"

    assert end(react)["output"] == OUTPUT
    assert react.text().startswith("It is cold.\n\n{")
    assert end(react)["turns"] == 1


def test_an_object_that_the_model_writes_as_text_is_the_answer(react: ReactStage) -> None:
    react.script([Say(["It is cold."])], [Say([json.dumps(OUTPUT)])])

    assert react.play()["status"] == "SUCCEEDED"

    assert end(react)["output"] == OUTPUT
    assert react.text().count("Oslo") == 1


def test_an_invalid_object_is_an_error_that_the_model_reads_in_the_next_turn(react: ReactStage) -> None:
    react.script([TOO_HOT], [Raw("Weather", '{"place"')], [Call("Weather", OSLO)])

    assert react.play()["status"] == "SUCCEEDED"

    problems = [event.data["content"] for event in react.events() if event.type is EventType.TOOL_RESULT]
    assert "'degrees': Input should be less than or equal to 60" in problems[0]
    assert 'not a JSON object: {"place"' in problems[1]
    assert end(react)["output"] == OUTPUT


def test_an_object_beside_other_calls_is_not_the_answer(react: ReactStage) -> None:
    react.script([Call("measure"), Call("Weather", OSLO)], [Call("Weather", OSLO)])

    assert react.play()["status"] == "SUCCEEDED"

    results = [event.data for event in react.events() if event.type is EventType.TOOL_RESULT]
    assert [result["status"] for result in results] == ["success", "error"]
    assert "Give it alone" in results[1]["content"]
    assert end(react)["turns"] == 2


@pytest.mark.parametrize("error", [ValueError("no place"), SystemExit(1), TypeError("a bug")], ids=str)
def test_a_validator_that_raises_gives_an_invalid_object(react: ReactStage, error: BaseException) -> None:
    class Broken(BaseModel):
        """Broken."""

        place: str

        @field_validator("place")
        @classmethod
        def check(cls, _: str) -> str:
            raise error

    react.options = {"structured_output_model": Broken}
    react.script([Call("Broken", {"place": "Oslo"})])
    react.parse()

    assert react.invoke(1)["next"] == "TOOLS"

    saved = react.files.turn(react.run_id, 1)
    assert saved is not None
    assert (saved.invalid_outputs, bool(saved.calls[0].refused)) == (1, True)


def test_a_model_whose_objects_never_validate_ends_the_run(react: ReactStage) -> None:
    react.budget = react.budget.__class__(MAX_INVALID_OUTPUTS + 1, 0, 0.0, 0.0, 0.0)
    react.script([TOO_HOT])

    with pytest.raises(ModelError, match=f"{MAX_INVALID_OUTPUTS} answers were invalid, the last one: ") as failed:
        react.play()

    reply = react.error("InvokeLLM", "ModelError", json.dumps({"errorMessage": str(failed.value)}))
    assert (reply["status"], reply["code"]) == ("FAILED", "MODEL_ERROR")
    assert "'degrees': Input should be less than or equal to 60" in reply["sentence"]
    assert len(react.model.heard) == MAX_INVALID_OUTPUTS


def test_a_model_that_gives_no_object_when_it_must_fails_the_step(react: ReactStage) -> None:
    react.script([Say(["It is cold."])], [Say(["I cannot say."])])
    react.parse()

    with pytest.raises(ModelError, match="gave no answer in the form that the agent asks for"):
        react.invoke(1)
