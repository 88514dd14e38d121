"""Agents with a structured output model: the validated object is the answer of the run."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, Field, field_validator
from strands import tool

from contract.events import EventType
from runtime.engine.answer import MAX_INVALID_OUTPUTS
from tests.runtime.background_stage import BackgroundStage
from tests.runtime.stage import Call, Say, ScriptedModel, Stage


class Weather(BaseModel):
    """The weather of a place."""

    place: str
    degrees: int = Field(ge=-90, le=60)


OSLO = {"place": "Oslo", "degrees": 4}
OSLO_TEXT = '{"place": "Oslo", "degrees": 4}'


def ask(stage: Stage, question: str = "How cold is it?") -> str:
    run_id = stage.accept(question, session_id="s1")
    stage.serve(run_id)
    return run_id


def output(stage: Stage, run_id: str) -> Any:  # noqa: ANN401  JSON
    end = stage.end(run_id)
    assert (end.type, end.data["stop_reason"]) == (EventType.RUN_SUCCEEDED, "end_turn")
    return end.data["output"]


@pytest.fixture(autouse=True)
def weather(stage: Stage) -> None:
    stage.options = {"structured_output_model": Weather}


def test_the_validated_object_is_the_answer(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.model = ScriptedModel([[Call("Weather", OSLO)]])

    run_id = ask(stage)

    assert output(stage, run_id) == OSLO
    assert stage.text(run_id) == OSLO_TEXT
    assert "Oslo" not in capsys.readouterr().out, "the log has no answers"


def test_the_next_question_of_the_session_follows_the_object(stage: Stage) -> None:
    stage.model = ScriptedModel([[Call("Weather", OSLO)], [Call("Weather", {"place": "Rome", "degrees": 20})]])
    ask(stage)

    run_id = ask(stage, "And in Rome?")

    assert output(stage, run_id)["place"] == "Rome"
    assert [what for _, what in stage.said()] == [
        *("How cold is it?", "toolUse", "toolResult"),
        *(OSLO_TEXT, "And in Rome?"),
    ]
    (stored,) = stage.bucket.objects.values()
    assert json.loads(stored)[-1]["content"] == [{"text": '{"place": "Rome", "degrees": 20}'}]


def test_an_object_that_follows_a_remark_is_the_answer(stage: Stage) -> None:
    stage.model = ScriptedModel([[Say(["It is cold."])], [Call("Weather", OSLO)]])

    run_id = ask(stage)

    assert output(stage, run_id) == OSLO
    assert stage.text(run_id) == f"It is cold.\n\n{OSLO_TEXT}"


def test_an_object_that_the_model_writes_as_text_is_said_once(stage: Stage) -> None:
    stage.model = ScriptedModel([[Say(["It is cold."])], [Say(['{"place":"Oslo",', ' "degrees":4}'])]])

    run_id = ask(stage)

    assert output(stage, run_id) == OSLO
    assert stage.text(run_id) == 'It is cold.\n\n{"place":"Oslo", "degrees":4}'
    ask(stage, "Sure?")
    assert stage.said()[3] == ("assistant", '{"place":"Oslo", "degrees":4}')


def test_an_object_is_the_answer_after_other_tools_and_after_an_invalid_one(stage: Stage) -> None:
    @tool
    def measure() -> int:
        """Measure."""
        return 4

    stage.tools = [measure]
    stage.model = ScriptedModel(
        [[Call("measure")], [Call("Weather", {"place": "Oslo", "degrees": 400})], [Call("Weather", OSLO)]]
    )

    assert output(stage, ask(stage)) == OSLO


def test_fields_that_json_has_no_form_for_are_told_as_text(stage: Stage) -> None:
    class Bill(BaseModel):
        """A bill."""

        total: Decimal
        due: date
        factor: float
        note: str | None = None

    stage.options = {"structured_output_model": Bill}
    stage.model = ScriptedModel([[Call("Bill", {"total": "12.50", "due": "2026-11-30", "factor": "nan"})]])

    run_id = ask(stage)

    told = {"total": "12.50", "due": "2026-11-30", "factor": None, "note": None}
    assert output(stage, run_id) == told
    assert json.loads(stage.text(run_id)) == told


def test_a_field_without_any_form_in_json_does_not_keep_the_object_from_being_the_answer(stage: Stage) -> None:
    class Odd(BaseModel):
        """Odd."""

        value: Any

        @field_validator("value")
        @classmethod
        def wrap(cls, value: object) -> object:
            return [value, object()]

    stage.options = {"structured_output_model": Odd}
    stage.model = ScriptedModel([[Call("Odd", {"value": 1})]])

    assert output(stage, ask(stage))["value"][0] == 1


def test_a_model_whose_objects_never_validate_is_not_asked_without_end(stage: Stage) -> None:
    stage.model = ScriptedModel([[Call("Weather", {"place": "Oslo", "degrees": 400})]])

    run_id = ask(stage)

    end = stage.end(run_id)
    assert (end.type, end.data["code"]) == (EventType.RUN_FAILED, "MODEL_ERROR")
    assert f"{MAX_INVALID_OUTPUTS} answers were invalid" in end.data["error"]
    assert "'degrees': Input should be less than or equal to 60" in end.data["error"]
    assert len(stage.model.heard) == MAX_INVALID_OUTPUTS
    assert stage.types(run_id).count("TOOL_RESULT") == MAX_INVALID_OUTPUTS


def test_a_validator_that_fails_is_bounded_too(stage: Stage) -> None:
    class Broken(BaseModel):
        """Broken."""

        place: str

        @field_validator("place")
        @classmethod
        def check(cls, place: str) -> str:
            return place + 1  # type: ignore[operator, no-any-return]  # a bug of the agent's author

    stage.options = {"structured_output_model": Broken}
    stage.model = ScriptedModel([[Say(["Hm."])], [Call("Broken", {"place": "Oslo"})]])

    assert stage.end(ask(stage)).data["code"] == "MODEL_ERROR"
    assert len(stage.model.heard) == MAX_INVALID_OUTPUTS + 1


@pytest.mark.parametrize("text", ["I cannot say.", '{"place": "Oslo"}', "[1]"])
def test_a_model_that_gives_no_object_when_it_must_fails_the_run(stage: Stage, text: str) -> None:
    stage.model = ScriptedModel([[Say(["It is cold."])], [Say([text])], [Call("Weather", OSLO)]])

    end = stage.end(ask(stage))

    assert (end.type, end.data["code"]) == (EventType.RUN_FAILED, "MODEL_ERROR")
    assert end.data["error"].startswith("the model gave no answer in the form that the agent asks for: ")
    assert output(stage, ask(stage, "Again?")) == OSLO
    assert stage.said()[0] == ("user", "How cold is it?")


def test_the_next_agent_of_a_pipeline_gets_the_object_as_json(stage: Stage) -> None:
    background = BackgroundStage(stage)
    step = background.accept("How cold?", steps=2)
    stage.model = ScriptedModel([[Call("Weather", OSLO)]])

    background.execute(step)
    following = background.following(step)
    background.execute(following)

    assert background.output(following.output)["text"] == OSLO_TEXT
    asked = f"How cold?\n\nWhat the agent scripted found:\n{OSLO_TEXT}"
    assert stage.model.heard[-1][0]["content"] == [{"text": asked}]
    assert output(stage, step.run_id) == OSLO
    completed = [e.data for e in stage.journal.events[step.run_id] if e.type.value.endswith("TASK_COMPLETED")]
    assert [data["output"] for data in completed] == [f"runs/{step.run_id}/steps/0{n}-scripted.json" for n in (1, 2)]
