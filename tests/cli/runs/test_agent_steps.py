import pytest

from cli.runs.agent_steps import AgentSteps, call_failure

FIRST, SECOND, THIRD = ({"agent": name, "step": step} for step, name in enumerate(("explorer", "estimator", "x"), 1))


def of_three() -> AgentSteps:
    steps = AgentSteps()
    assert steps.planned("analysis", ["explorer", "estimator", "x"]) == "analysis: explorer → estimator → x"
    return steps


def test_an_agents_step_shows_its_number_its_duration_and_the_next_agent() -> None:
    steps = of_three()
    assert steps.first == "explorer"
    assert steps.started(FIRST, "2025-11-21T09:00:00.000Z") == "explorer started (1 of 3)"
    assert steps.finished(FIRST, "2025-11-21T09:00:02.100Z") == "explorer finished after 2.1 s, hands off to estimator"


def test_the_last_agent_hands_off_to_no_other() -> None:
    steps = of_three()
    steps.started(THIRD, "2025-11-21T09:00:00.000Z")
    assert steps.finished(THIRD, "2025-11-21T10:00:00.000Z") == "x finished after 1 h 0 min"


def test_a_step_without_success_has_stopped_and_leaves_the_reason_to_the_end_of_the_run() -> None:
    steps = of_three()
    steps.started(SECOND, "2025-11-21T09:00:00.000Z")
    assert steps.stopped(SECOND | {"reason": "No model."}, "2025-11-21T09:00:00.250Z") == (
        "estimator stopped after 250 ms"
    )


def test_a_pipeline_of_one_agent_by_its_own_name_is_named_once() -> None:
    assert AgentSteps().planned("data_analyst", ["data_analyst"]) == "data_analyst"


def test_a_run_joined_in_the_middle_has_no_times_and_no_plan() -> None:
    steps = AgentSteps()
    assert steps.finished(FIRST, "2025-11-21T09:00:02.100Z") == "explorer finished"
    assert steps.started(SECOND, "2025-11-21T09:00:03.000Z") == "estimator started"
    assert steps.first == "the agent"


@pytest.mark.parametrize("at", ["", "yesterday"])
def test_a_time_that_cannot_be_read_is_left_out(at: str) -> None:
    steps = of_three()
    steps.started(FIRST, at)
    assert steps.stopped(FIRST, "2025-11-21T09:00:00Z") == "explorer stopped"


@pytest.mark.parametrize("agents", [None, "explorer", []])
def test_a_run_that_streams_has_no_plan(agents: object) -> None:
    assert AgentSteps().planned("data_analyst", agents) is None


def test_an_agent_that_could_not_be_called_is_named_with_the_reason() -> None:
    assert call_failure(FIRST | {"error": "It is throttled.", "retry": True}) == (
        "explorer could not be called: It is throttled; it is retried"
    )
    assert call_failure({}) == "the agent could not be called"
