"""The state machine's definition: no state that is not reached, no task that could hang, and a history that fits."""

import dataclasses
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

from components.polling_workflow.args import DEFAULTS
from components.polling_workflow.definition import Targets, definition, definition_text
from components.polling_workflow.limits import QUESTION_EVENTS, Limits
from contract.limits import MAX_PAUSES
from contract.step_request import StepRequest
from policies.rules.step_functions.definition import definition_problems
from policies.rules.step_functions.portability import portability_problems
from policies.rules.step_functions.states.graph import levels, reached
from runtime.journal.query import TERMINAL

TARGETS = Targets("arn:start", "arn:invoker", "arn:finalizer", "runs", "aws")
MODES = pytest.mark.parametrize("callback", [False, True], ids=["poll", "callback"])
KNOWN_FIELDS = {
    "Task": {
        "Resource",
        "Arguments",
        "TimeoutSeconds",
        "HeartbeatSeconds",
        "Assign",
        "Output",
        "Retry",
        "Catch",
        "Next",
    },
    "Choice": {"Choices", "Default"},
    "Wait": {"Seconds", "Assign", "Next"},
    "Pass": {"Output", "End"},
    "Fail": {"Error", "Cause"},
}
"""What both AWS and the emulator obey, of a state in JSONata."""

EVENTS = {"Task": 5, "Choice": 2, "Wait": 2, "Pass": 2, "Fail": 1}
"""What AWS writes into the history of an execution for a state that succeeds at once."""


def made(*, callback: bool = False, limits: Limits = DEFAULTS) -> dict[str, Any]:
    return definition(TARGETS, limits, callback=callback)


def states(*, callback: bool = False) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = made(callback=callback)["States"]
    return found


def expressions(value: object) -> Iterator[str]:
    """Every JSONata expression in a definition."""
    if isinstance(value, str) and value.startswith("{%"):
        yield value.removeprefix("{%").removesuffix("%}").strip()
    elif isinstance(value, dict):
        for member in value.values():
            yield from expressions(member)
    elif isinstance(value, list):
        for member in value:
            yield from expressions(member)


@MODES
def test_definition_passes_the_rules_of_the_policy_pack(callback: bool) -> None:
    assert definition_problems(made(callback=callback)) == []
    assert portability_problems(made(callback=callback)) == []


@MODES
def test_every_state_is_reached(callback: bool) -> None:
    (level,) = levels(made(callback=callback))

    assert reached(level) == set(level.states)


@MODES
def test_every_task_has_a_timeout_and_catches_everything(callback: bool) -> None:
    tasks = {name: state for name, state in states(callback=callback).items() if state["Type"] == "Task"}

    assert sorted(tasks) == ["AwaitAnswer", "Claim", "Close", "Invoke", "Poll", "SettleQuestions"]
    assert tasks.pop("AwaitAnswer")["TimeoutSeconds"] == "{% $question_seconds + 5 %}"
    assert all(isinstance(task["TimeoutSeconds"], int) for task in tasks.values())
    assert all(task["Catch"][-1]["ErrorEquals"] == ["States.ALL"] for task in tasks.values())


@MODES
def test_no_state_has_a_field_that_aws_or_the_emulator_ignores(callback: bool) -> None:
    foreign = {
        name: unknown
        for name, state in states(callback=callback).items()
        if (unknown := set(state) - KNOWN_FIELDS[state["Type"]] - {"Type"})
    }

    assert foreign == {}
    assert set(made(callback=callback)) == {"Comment", "QueryLanguage", "StartAt", "TimeoutSeconds", "States"}


@MODES
def test_every_variable_is_assigned_somewhere(callback: bool) -> None:
    machine = made(callback=callback)
    assigned = {name for state in machine["States"].values() for name in all_assigned(state)}
    read = {name for text in expressions(machine) for name in re.findall(r"\$(\w+)\b(?!\()", text)}

    assert read - assigned - {"states", "cause"} == set()
    assert assigned - read == set()


def all_assigned(state: dict[str, Any]) -> Iterator[str]:
    for holder in (state, *state.get("Catch", []), *state.get("Choices", [])):
        yield from holder.get("Assign", {})


def test_run_is_judged_by_its_end_before_anything_else() -> None:
    first, *others = states()["Judge"]["Choices"]

    assert first["Next"] == "Ended"
    assert all(f"'{status}'" in first["Condition"] for status in TERMINAL)
    assert [choice.get("Assign", {}).get("reason", choice["Next"]) for choice in others] == [
        *("CANCELLED", "Invoke", "SettleQuestions", "AGENT_LOST", "TIMED_OUT")
    ]
    assert states()["Judge"]["Default"] == "Wait"


def test_rejected_event_is_not_tried_again_and_ends_the_machine() -> None:
    claim = states()["Claim"]

    assert claim["Retry"][0] == {"ErrorEquals": ["InvalidRequestError"], "MaxAttempts": 0}
    assert (claim["Catch"][0]["ErrorEquals"], claim["Catch"][0]["Next"]) == (["InvalidRequestError"], "Failed")


def test_busy_agent_is_tried_again_and_a_rejected_one_is_not() -> None:
    invoke = states()["Invoke"]
    repeated = [error for retrier in invoke["Retry"] for error in retrier["ErrorEquals"]]

    assert repeated[0] == "AgentBusyError"
    assert not {"AgentRefusedError", "States.ALL", "States.TaskFailed", "States.Timeout"} & set(repeated)


def test_agent_that_reports_by_token_must_send_heartbeats_to_its_state() -> None:
    invoke = states(callback=True)["Invoke"]

    assert invoke["Resource"] == "arn:aws:states:::lambda:invoke.waitForTaskToken"
    assert invoke["HeartbeatSeconds"] == DEFAULTS.heartbeat
    assert invoke["Arguments"]["Payload"]["token"] == "{% $states.context.Task.Token %}"
    assert invoke["Next"] == "Poll"


def test_task_that_may_have_begun_is_not_given_a_second_token() -> None:
    repeated = [error for retrier in states(callback=True)["Invoke"]["Retry"] for error in retrier["ErrorEquals"]]

    assert repeated == ["AgentBusyError", "Lambda.TooManyRequestsException"]


@MODES
def test_state_machine_itself_ends_later_than_its_loop(callback: bool) -> None:
    assert made(callback=callback)["TimeoutSeconds"] > DEFAULTS.workflow


def test_waits_are_computed_as_the_limits_say() -> None:
    seconds = waits(states()["Wait"])

    assert [seconds(waited) for waited in range(30_000)] == [DEFAULTS.wait(waited) for waited in range(30_000)]


def test_sums_of_waits_do_not_depend_on_the_order_of_assignment() -> None:
    first, second = states()["Wait"]["Assign"].items()

    assert first[0] == "agent_waited"
    assert "$agent_waited" not in second[1]


def test_history_of_a_run_of_eight_hours_stays_below_5000_events() -> None:
    machine = states()
    seconds = waits(machine["Wait"])
    waited, turns = 0, 0
    while waited < DEFAULTS.workflow:
        waited, turns = waited + seconds(waited), turns + 1
    turn = sum(EVENTS[machine[name]["Type"]] for name in ("Wait", "Poll", "Judge"))
    once = sum(EVENTS[machine[name]["Type"]] for name in ("Claim", "IsNew", "Close", "Ended", "Failed"))
    steps = 3 * EVENTS[machine["Invoke"]["Type"]]
    events = 2 + once + steps + turns * turn

    assert turn == 9
    assert events == 4_676
    assert events <= DEFAULTS.history_events(steps=3) - QUESTION_EVENTS < 5_000


def test_questions_have_their_share_of_the_history() -> None:
    machine = states()
    way = [*("SettleQuestions", "HasQuestions", "AwaitAnswer"), *("SettleQuestions", "HasQuestions", "Invoke")]
    events = 1 + sum(EVENTS[machine[name]["Type"]] for name in way)

    assert events * MAX_PAUSES <= QUESTION_EVENTS


def test_a_run_that_waits_is_not_lost_and_its_time_does_not_count() -> None:
    paused = states()["Judge"]["Choices"][3]

    assert paused["Condition"] == "{% $paused > $resumed %}"
    assert states()["HasQuestions"]["Choices"][1]["Assign"] == {"resumed": "{% $paused %}"}
    assert states()["AwaitAnswer"]["Catch"] == [
        {"ErrorEquals": ["States.Timeout"], "Next": "SettleQuestions"},
        {"ErrorEquals": ["States.ALL"], "Next": "SettleQuestions"},
    ]
    assert not [
        name
        for state in ("SettleQuestions", "HasQuestions", "AwaitAnswer")
        for name in all_assigned(states()[state])
        if name in {"waited", "agent_waited"}
    ]


def waits(state: dict[str, Any]) -> Any:  # noqa: ANN401  a function of whole seconds
    """The wait state's own formula, run as Python: its functions and lists are spelled alike but for the dollar."""
    (formula,) = expressions(state["Seconds"])
    code = compile(formula.replace("$", ""), "Wait", "eval")
    known = {"max": max, "min": min, "ceil": math.ceil}
    return lambda waited: eval(code, known | {"waited": waited})  # noqa: S307  our own formula


def test_unchanged_limits_are_an_unchanged_text() -> None:
    text = definition_text(TARGETS, DEFAULTS, callback=False)

    assert text == definition_text(TARGETS, DEFAULTS, callback=False)
    assert json.loads(text) == made()
    assert len(text) < 1_048_576


@pytest.mark.parametrize("callback", [False, True])
def test_invocation_has_the_fields_of_a_step_request(callback: bool) -> None:
    payload = made(callback=callback)["States"]["Invoke"]["Arguments"]["Payload"]
    added_by_the_invoker = {"runtime_arn", "endpoint", "keep_session"}

    assert set(payload) == {field.name for field in dataclasses.fields(StepRequest)} - added_by_the_invoker
