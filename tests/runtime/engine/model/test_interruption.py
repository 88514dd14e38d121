"""A cancelled run does not wait for a model that says nothing."""

import threading
import time

import pytest

from tests.runtime.engine.model.conftest import Ask
from tests.runtime.engine.model.http_server import DONE, Answer, chat, converse, delta, serving
from tests.runtime.stage import Stage

EVENTS = chat().headers


class Silence:
    """A server that, when called, cancels the run and says nothing before the run has ended."""

    def __init__(self, stage: Stage) -> None:
        self._journal = stage.journal

    def __call__(self) -> None:
        (run_id,) = self._journal.events
        self._journal.request_cancel(run_id)
        while not self._journal.head(run_id).status.is_terminal:
            time.sleep(0.01)


def test_a_cancelled_run_does_not_wait_for_the_head_of_the_models_answer(
    stage: Stage, ask_openai: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Answer(first=Silence(stage))) as server:
        run_id = ask_openai(server)

    assert stage.types(run_id)[-1] == "RUN_CANCELLED"
    assert stage.end(run_id).data["stop_reason"] == "cancelled"
    assert "agent_abandoned" not in capsys.readouterr().out


def test_a_cancelled_run_does_not_wait_for_the_first_token(
    stage: Stage, ask_openai: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Answer([Silence(stage)], headers=EVENTS)) as server:
        run_id = ask_openai(server)

    assert stage.types(run_id)[-1] == "RUN_CANCELLED"
    assert "agent_abandoned" not in capsys.readouterr().out


def test_a_cancelled_run_does_not_wait_for_the_next_token_and_keeps_the_text(
    stage: Stage, ask_openai: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Answer([delta(content="The effect was"), Silence(stage)], headers=EVENTS)) as server:
        run_id = ask_openai(server)

    assert stage.types(run_id)[-1] == "RUN_CANCELLED"
    assert stage.text(run_id) == "The effect was"
    assert "agent_abandoned" not in capsys.readouterr().out


def test_a_cancelled_run_does_not_wait_for_bedrocks_first_chunk(
    stage: Stage, ask_bedrock: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = converse(("messageStart", {"role": "assistant"}), ("messageStop", {"stopReason": "end_turn"}))
    with serving(Answer([Silence(stage), *answer.pieces], headers=answer.headers)) as server:
        run_id = ask_bedrock(server)

    assert stage.types(run_id)[-1] == "RUN_CANCELLED"
    assert "agent_abandoned" not in capsys.readouterr().out


def test_an_answer_that_was_not_cancelled_waits_for_a_slow_model(stage: Stage, ask_openai: Ask) -> None:
    late = threading.Timer(0.2, lambda: None)
    late.start()

    with serving(Answer([late.join, delta(content="Done."), delta("stop"), DONE], headers=EVENTS)) as server:
        run_id = ask_openai(server)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert stage.text(run_id) == "Done."
