"""What a run of the workflow costs, and how a history is read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.prices import FRAME, TURN, Requests, run_cost, task_cost
from bench.workflow import QUESTION, STEPS, TIMES, empty_machine, events, scenarios, states, took, visited
from sandbox.sidecar.bedrock.scenarios import load_scenarios

START = datetime(2026, 11, 30, tzinfo=UTC)


def history(*events: tuple[int, str, str]) -> list[dict[str, Any]]:
    """Events of states: milliseconds, entered or exited, and the state's name."""
    return [
        {
            "type": f"TaskState{kind.title()}",
            "timestamp": START + timedelta(milliseconds=after),
            f"state{kind.title()}EventDetails": {"name": name},
        }
        for after, kind, name in events
    ]


def test_each_call_of_a_function_counts_for_the_time_of_its_state() -> None:
    found = history(
        (0, "entered", "InvokeLLM"),
        (50, "exited", "InvokeLLM"),
        (50, "entered", "CheckResponse"),
        (50, "exited", "CheckResponse"),
        (60, "entered", "InvokeLLM"),
        (160, "exited", "InvokeLLM"),
    )

    assert [(role, round(seconds, 3)) for role, seconds in visited(found)] == [
        ("invoke-llm", 0.05),
        ("invoke-llm", 0.1),
    ]
    assert states(found) == ["InvokeLLM", "CheckResponse", "InvokeLLM"]
    assert took(found) == 160


def test_a_retry_is_a_transition() -> None:
    failed: dict[str, Any] = {"type": "TaskFailed", "timestamp": START}

    assert len(states([*history((0, "entered", "InvokeLLM")), failed])) == 2


def test_the_history_at_aws_has_the_iterations_of_a_map_too() -> None:
    def state(kind: str, name: str) -> dict[str, Any]:
        return {"type": f"{kind}StateEntered", "timestamp": START, "stateEnteredEventDetails": {"name": name}}

    turn = [
        *(state("Task", "InvokeLLM"), state("Choice", "CheckResponse"), state("Map", "Tools")),
        *(state("Task", "DispatchTool"), state("Choice", "RouteTool"), state("Task", "DataQuery")),
        *(state("Choice", "ToolsDone"), state("Task", "AppendToolOutput"), state("Choice", "CheckBudget")),
    ]

    assert events(turn) == 2 + 20 + 2 + 12


def test_the_scripted_model_calls_a_tool_as_often_as_it_is_asked(tmp_path: Path) -> None:
    (tmp_path / "turns.toml").write_text(scenarios())

    found = {scenario.question: len(scenario.turns) for scenario in load_scenarios(tmp_path)}

    assert found == {QUESTION % words: turns for turns, words in TIMES.items()}


def test_a_run_costs_its_transitions_its_functions_and_what_they_store() -> None:
    assert run_cost(1_000, 0, 0, 0) == pytest.approx(0.025 + FRAME.cost)
    assert run_cost(0, 1_000_000, 60_000, 10) == pytest.approx(0.20 + 1.000002 + (TURN * 10 + FRAME).cost)
    assert (Requests(1, 2, 3, 4) * 2 + Requests(1, 1, 1, 1)) == Requests(3, 5, 7, 9)


def test_a_container_costs_a_minute_at_least() -> None:
    assert task_cost(1, 2, 5) == task_cost(1, 2, 60) == pytest.approx((0.04048 + 2 * 0.004445) / 60)


def test_the_empty_machine_has_the_states_of_a_turn() -> None:
    machine = empty_machine(list(STEPS))["States"]
    inside = machine["Tools"]["ItemProcessor"]["States"]

    assert set(machine) == {
        *("Start", "InvokeLLM", "CheckResponse", "Tools", "ToolsDone", "AppendToolOutput", "CheckBudget", "Done"),
    }
    assert set(inside) == {"DispatchTool", "RouteTool", "DataQuery"}
    called = [
        state["Arguments"]["FunctionName"] for state in [*machine.values(), *inside.values()] if "Arguments" in state
    ]
    assert sorted(called) == sorted(STEPS)
