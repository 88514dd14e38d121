"""How many history events a loop makes: AWS ends an execution at 25,000."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.polling_workflow.args import DEFAULTS
from components.polling_workflow.definition import Targets, definition
from policies.rules.step_functions.definition import definition_problems
from policies.rules.step_functions.history_fits import history_findings
from policies.rules.values import UNKNOWN

TARGETS = Targets("arn:start", "arn:invoker", "arn:finalizer", "runs", "aws")


def polling(seconds: object, limit: int | None = 28_800, **more: object) -> Mapping[str, Any]:
    states = {
        "Wait": {"Type": "Wait", "Seconds": seconds, "Next": "Look"},
        "Look": {"Type": "Task", "Next": "Judge"},
        "Judge": {"Type": "Choice", "Choices": [{"Condition": "{% $done %}", "Next": "Done"}], "Default": "Wait"},
        "Done": {"Type": "Succeed"},
    }
    whole = {} if limit is None else {"TimeoutSeconds": limit}
    return {"QueryLanguage": "JSONata", "StartAt": "Wait", **whole, "States": {**states, **more}}


def is_rejected(machine: Mapping[str, Any]) -> bool:
    return bool(list(history_findings(machine)))


@pytest.mark.parametrize(("seconds", "rejected"), [(10, True), (10.3, True), (10.4, False), (11, False), (60, False)])
def test_fixed_waits_of_eight_hours(seconds: float, rejected: bool) -> None:
    assert is_rejected(polling(seconds)) is rejected


def test_a_loop_that_nothing_ends_is_rejected_and_says_so() -> None:
    (finding,) = history_findings(polling(3_600, None))

    assert "which no TimeoutSeconds ends" in finding.value


@pytest.mark.parametrize("limit", ["{% $x %}", True, None])
def test_a_limit_that_is_not_known_is_not_guessed(limit: object) -> None:
    assert not is_rejected({**polling(1), "TimeoutSeconds": limit})


def test_a_loop_inside_a_branch_fills_the_same_history() -> None:
    inner = {"StartAt": "Wait", "States": polling(1)["States"]}
    parallel = {"Type": "Parallel", "Branches": [inner], "End": True}

    (finding,) = history_findings({"StartAt": "A", "TimeoutSeconds": 28_800, "States": {"A": parallel}})

    assert finding.property == "definition.States.A.Branches[0].States.Wait.Seconds"


def test_the_shortest_way_back_counts() -> None:
    longer = {"Type": "Pass", "Next": "Look"}
    wait = {"Type": "Wait", "Seconds": 8, "Next": "Look"}
    machine = polling(8, 20_000, Wait=wait, Judge={"Type": "Choice", "Choices": [], "Default": "Wait"}, Detour=longer)

    assert not is_rejected(machine)
    assert is_rejected({**machine, "TimeoutSeconds": 23_000})


@pytest.mark.parametrize(("poll_max", "fits"), [(60, True), (12, True), (10, False)])
@pytest.mark.parametrize("callback", [False, True], ids=["poll", "callback"])
def test_the_workflow_of_eight_hours_fits_where_its_waits_grow(poll_max: int, fits: bool, callback: bool) -> None:
    limits = type(DEFAULTS)(agent=7_200, workflow=28_800, heartbeat=60, poll=10, poll_max=poll_max)

    problems = definition_problems(definition(TARGETS, limits, callback=callback))

    assert ([] if fits else [True]) == ["25,000" in problem for problem in problems]


def test_thousands_of_waits_are_judged_in_bounded_time() -> None:
    count = 5_000
    waits = {f"S{index}": {"Type": "Wait", "Seconds": 1, "Next": f"S{(index + 1) % count}"} for index in range(count)}

    assert is_rejected({"StartAt": "S0", "TimeoutSeconds": 86_400, "States": waits})


def counted(condition: str, **judge: object) -> Mapping[str, Any]:
    wait = {"Type": "Wait", "Seconds": 5, "Assign": {"waited": "{% $waited + 5 %}"}, "Next": "Look"}
    choices = [{"Condition": condition, "Next": "Done"}]
    return polling(5, 604_800, Wait=wait, Judge={"Type": "Choice", "Choices": choices, "Default": "Wait", **judge})


@pytest.mark.parametrize(
    "condition",
    [
        "{% $waited >= 3600 %}",
        "{% $done or $waited >= 3600 %}",
        "{% $waited >= 3600.5 or $done and $late %}",
    ],
)
def test_a_loop_that_counts_its_waits_ends_by_the_count(condition: str) -> None:
    assert not is_rejected(counted(condition))


@pytest.mark.parametrize(
    "condition",
    [
        "{% $waited >= 36000 %}",
        "{% $done and $waited >= 3600 %}",
        "{% $not($waited >= 3600) %}",
        "{% $not($done or $waited >= 3600) %}",
        "{% $done ? $late : $late or $waited >= 3600 %}",
        "{% $other >= 3600 %}",
    ],
)
def test_a_condition_that_does_not_end_a_loop_is_no_count(condition: str) -> None:
    assert is_rejected(counted(condition))


def test_a_count_that_another_state_sets_back_ends_no_loop() -> None:
    machine = counted("{% $waited >= 3600 %}")
    start = {"Type": "Pass", "Assign": {"waited": 0}, "Next": "Wait"}
    back = {"Type": "Task", "Assign": {"waited": 0}, "Next": "Judge"}
    states = {**machine["States"], "Start": start}

    assert not is_rejected({**machine, "States": states})
    assert is_rejected({**machine, "States": {**states, "Look": back}})


@pytest.mark.parametrize(
    "judge",
    [{"Choices": UNKNOWN}, {"Choices": [UNKNOWN]}, {"Choices": [{"Condition": UNKNOWN, "Next": "Done"}]}],
    ids=["choices", "choice", "condition"],
)
def test_a_choice_that_is_not_known_yet_may_end_a_loop(judge: dict[str, object]) -> None:
    assert not is_rejected(counted("{% $done %}", **judge))
