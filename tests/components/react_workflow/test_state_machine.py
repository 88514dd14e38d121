"""The state machine run for real by the emulator, its retries a hundredth of their length; a test answers for each of
its functions and containers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from components.react_workflow.definition import definition_text
from components.react_workflow.limits import EVENT_LIMIT, Limits
from components.react_workflow.question import SLACK
from tests.components.polling_workflow.emulated import EmulatedWorkflow, FunctionError, emulated_workflow
from tests.components.react_workflow.targets import FUNCTIONS, LIMITS, targets

pytestmark = pytest.mark.sandbox

SCALE = 0.01
NAMES = [name.replace("_", "-") for name in FUNCTIONS]
RUN = "01890000-0000-7000-8000-000000000001"
SEED = {"sessionId": "test", "query": {"text": "test"}, "networkConfig": {"subnets": ["s-1"], "securityGroups": ["g"]}}
CALL = {"tool_use_id": "t-1", "name": "run_sql"}
CONTAINERS = {"EDA": "EDA", "CAUSAL_ANALYSIS": "CausalAnalysis"}


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedWorkflow]:
    with emulated_workflow(tmp_path_factory.mktemp("emulated"), SCALE, NAMES) as made:
        yield made


@pytest.fixture
def workflow(emulated: EmulatedWorkflow) -> EmulatedWorkflow:
    """Functions of a run that calls one tool and then answers."""

    def invoke(payload: Mapping[str, Any]) -> object:
        if payload["turn"] == 1:
            return {"next": "TOOLS", "calls": [CALL], "reason": "", "seq": 4}
        return {"next": "FINISH", "calls": [], "reason": "end_turn"}

    emulated.functions.calls.clear()
    emulated.functions.answers = {
        "parse-initial-query": lambda _: {
            "run_id": RUN,
            "next": "RUN",
            "subnets": ["s-1"],
            "security_groups": ["g"],
            "status": "QUEUED",
            "code": "",
            "sentence": "",
        },
        "invoke-llm": invoke,
        "dispatch-tool": lambda payload: {"route": "DATA_QUERY", "job": "j-1", **payload["call"]},
        "data-query": lambda payload: {"tool_use_id": payload["call"]["tool_use_id"], "status": "success"},
        "append-tool-output": lambda _: {"next": "CONTINUE", "reason": "", "seq": 5},
        "handle-finish": lambda _: {"status": "SUCCEEDED", "code": "", "sentence": ""},
        "handle-error": lambda _: {"status": "FAILED", "code": "INTERNAL", "sentence": "A step failed."},
        "handle-timeout": lambda _: {"status": "TIMED_OUT", "code": "TIMED_OUT", "sentence": "Nobody answered."},
    }
    return emulated


def run(workflow: EmulatedWorkflow, limits: Limits = LIMITS, given: Mapping[str, Any] = SEED) -> dict[str, Any]:
    return workflow.run_text(definition_text(targets(), limits), given)


def fail(_: Mapping[str, Any]) -> object:
    raise FunctionError("no use")


def test_the_seeds_input_alone_passes_the_states_of_the_seed(workflow: EmulatedWorkflow) -> None:
    ended = run(workflow)

    assert (ended["status"], ended["output"]) == ("SUCCEEDED", {"run_id": RUN, "status": "SUCCEEDED"})
    assert workflow.entered_names(ended["executionArn"]) == [
        "ParseInitialQuery",
        "CheckQuery",
        "InvokeLLM",
        "CheckResponse",
        "Tools",
        "DispatchTool",
        "RouteTool",
        "DataQuery",
        "ToolsDone",
        "AppendToolOutput",
        "CheckBudget",
        "InvokeLLM",
        "CheckResponse",
        "HandleFinish",
        "Ended",
        "Done",
    ]


def test_each_function_gets_what_it_asks_for(workflow: EmulatedWorkflow) -> None:
    ended = run(workflow)

    execution, done = ended["executionArn"], {**CALL, "job": "j-1", "status": "success"}
    assert workflow.functions.calls == [
        ("parse-initial-query", {"execution": execution, "name": execution.rpartition(":")[2], "input": SEED}),
        ("invoke-llm", {"run_id": RUN, "turn": 1, "attempt": 0, "seq": 0}),
        ("dispatch-tool", {"run_id": RUN, "turn": 1, "call": CALL}),
        ("data-query", {"run_id": RUN, "turn": 1, "call": CALL, "job": "j-1"}),
        ("append-tool-output", {"run_id": RUN, "turn": 1, "results": [done], "seq": 4}),
        ("invoke-llm", {"run_id": RUN, "turn": 2, "attempt": 0, "seq": 5}),
        ("handle-finish", {"run_id": RUN, "turn": 2, "reason": "end_turn"}),
    ]


@pytest.mark.parametrize("name", ["dispatch-tool", "data-query"])
def test_a_tool_that_fails_is_a_result_and_the_run_goes_on(workflow: EmulatedWorkflow, name: str) -> None:
    workflow.functions.answers[name] = fail

    ended = run(workflow)

    assert ended["status"] == "SUCCEEDED"
    ((result,),) = (payload["results"] for payload in workflow.functions.called("append-tool-output"))
    assert result["error"] == "Runtime.HandlerError"
    assert "no use" in result["cause"]
    assert (result["tool_use_id"], result["status"]) == ("t-1", "error")
    assert result["job"] == ("" if name == "dispatch-tool" else "j-1")


STEPS = {
    "parse-initial-query": "ParseInitialQuery",
    "invoke-llm": "InvokeLLM",
    "append-tool-output": "AppendToolOutput",
    "handle-finish": "HandleFinish",
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_that_fails_leads_to_the_error_handler(workflow: EmulatedWorkflow, name: str) -> None:
    workflow.functions.answers[name] = fail

    ended = run(workflow)

    (handled,) = workflow.functions.called("handle-error")
    assert (handled["state"], handled["error"]) == (STEPS[name], "Runtime.HandlerError")
    assert handled["run_id"] == ("" if name == "parse-initial-query" else RUN)
    assert handled["execution"] == ended["executionArn"]
    assert "no use" in handled["cause"]
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "INTERNAL", "A step failed.")


def test_the_run_that_the_input_names_is_known_where_the_first_step_fails(workflow: EmulatedWorkflow) -> None:
    workflow.functions.answers["parse-initial-query"] = fail

    run(workflow, given={**SEED, "runId": RUN})

    (handled,) = workflow.functions.called("handle-error")
    assert handled["run_id"] == RUN


@pytest.mark.parametrize("given", [{}, [1], "text", 3], ids=["object", "list", "text", "number"])
def test_any_input_reaches_the_first_function(workflow: EmulatedWorkflow, given: Any) -> None:  # noqa: ANN401
    refused = {"run_id": "", "next": "END", "subnets": [], "security_groups": []}
    workflow.functions.answers["parse-initial-query"] = lambda _: {
        **refused,
        "status": "FAILED",
        "code": "INVALID_REQUEST",
        "sentence": "The input is no question.",
    }

    ended = workflow.run_text(definition_text(targets(), LIMITS), given)

    assert (ended["status"], ended["error"]) == ("FAILED", "INVALID_REQUEST")


def test_an_error_handler_that_fails_fails_the_execution_with_its_error(workflow: EmulatedWorkflow) -> None:
    workflow.functions.answers["invoke-llm"] = fail
    workflow.functions.answers["handle-error"] = fail

    ended = run(workflow)

    assert (ended["status"], ended["error"]) == ("FAILED", "INTERNAL")
    assert ended["cause"].startswith("the step InvokeLLM failed (")
    assert "no use); see its execution for details" in ended["cause"]


def test_a_repeated_execution_ends_without_a_turn(workflow: EmulatedWorkflow) -> None:
    parse = workflow.functions.answers["parse-initial-query"]
    workflow.functions.answers["parse-initial-query"] = lambda payload: {
        **dict(parse(payload)),  # type: ignore[call-overload]
        "next": "END",
        "status": "RUNNING",
    }

    ended = run(workflow)

    assert (ended["status"], ended["output"]) == ("SUCCEEDED", {"run_id": RUN, "status": "RUNNING"})
    assert not workflow.functions.called("invoke-llm")


def asking(workflow: EmulatedWorkflow) -> None:
    """The tool's first dispatch asks a question, the second executes it; another tool works at once."""
    asked: list[object] = []

    def dispatch(payload: Mapping[str, Any]) -> object:
        if payload["call"]["name"] == "ask" and not asked:
            asked.append(payload)
            return {"route": "QUESTION", "job": "j-2", **payload["call"]}
        return {"route": "DATA_QUERY", "job": payload["call"]["tool_use_id"], **payload["call"]}

    workflow.functions.answers["dispatch-tool"] = dispatch
    calls = [CALL, {"tool_use_id": "t-2", "name": "ask"}]
    workflow.functions.answers["invoke-llm"] = lambda payload: {
        "next": "TOOLS" if payload["turn"] == 1 else "FINISH",
        "calls": calls if payload["turn"] == 1 else [],
        "reason": "",
    }


def test_a_question_waits_for_its_answer_and_only_its_call_is_dispatched_again(workflow: EmulatedWorkflow) -> None:
    asking(workflow)

    def answer(payload: Mapping[str, Any]) -> object:
        workflow.report_success(payload["token"], {})
        return None

    workflow.functions.answers["send-prompt"] = answer
    ended = run(workflow)

    assert ended["status"] == "SUCCEEDED"
    (prompted,) = workflow.functions.called("send-prompt")
    assert prompted["calls"] == [{"tool_use_id": "t-2", "name": "ask", "job": "j-2"}]
    dispatched = [payload["call"]["tool_use_id"] for payload in workflow.functions.called("dispatch-tool")]
    assert (sorted(dispatched[:2]), dispatched[2:]) == (["t-1", "t-2"], ["t-2"])
    (appended,) = workflow.functions.called("append-tool-output")
    assert [one["tool_use_id"] for one in appended["results"]] == ["t-1", "t-2"]


@pytest.mark.parametrize(
    ("status", "dispatches", "end"),
    [("TIMED_OUT", 2, "FAILED"), ("RUNNING", 3, "SUCCEEDED")],
    ids=["without a default", "with a default"],
)
def test_a_question_that_expires_leads_to_the_timeout_handler(
    workflow: EmulatedWorkflow, status: str, dispatches: int, end: str
) -> None:
    asking(workflow)
    workflow.functions.answers["send-prompt"] = lambda _: None
    workflow.functions.answers["handle-timeout"] = lambda _: {
        "status": status,
        "code": "TIMED_OUT",
        "sentence": "Late.",
    }
    # The state outlasts the question by some seconds.
    ended = run(workflow, replace(LIMITS, question=1 - SLACK))

    (handled,) = workflow.functions.called("handle-timeout")
    assert (handled["state"], handled["error"]) == ("SendPrompt", "States.Timeout")
    assert len(workflow.functions.called("dispatch-tool")) == dispatches
    assert ended["status"] == end


def test_a_state_waits_for_the_first_expiry_of_its_questions_and_then_for_the_next(workflow: EmulatedWorkflow) -> None:
    asking(workflow)
    workflow.functions.answers["dispatch-tool"] = lambda payload: {"route": "DATA_QUERY", "job": "", **payload["call"]}
    left = {"t-1": [1 - SLACK], "t-2": [3_600]}

    def query(payload: Mapping[str, Any]) -> object:
        use = payload["call"]["tool_use_id"]
        seconds = left[use].pop() if left[use] else 0
        return {"tool_use_id": use, "status": "question" if seconds else "success", "seconds": seconds}

    def prompt(payload: Mapping[str, Any]) -> object:
        if len(workflow.functions.called("send-prompt")) > 1:
            workflow.report_success(payload["token"], {})
        return None

    workflow.functions.answers |= {"data-query": query, "send-prompt": prompt}
    waits = {"next": "WAIT", "status": "WAITING", "code": "", "sentence": "", "seconds": 3_600}
    workflow.functions.answers["handle-timeout"] = lambda _: waits

    ended = run(workflow)

    assert ended["status"] == "SUCCEEDED"
    assert len(workflow.functions.called("handle-timeout")) == 1
    asked = [[call["tool_use_id"] for call in payload["calls"]] for payload in workflow.functions.called("send-prompt")]
    assert asked == [["t-1", "t-2"]] * 2
    assert len(workflow.functions.called("dispatch-tool")) == 4


def test_a_cancelled_question_leads_to_the_error_handler(workflow: EmulatedWorkflow) -> None:
    asking(workflow)

    def cancel(payload: Mapping[str, Any]) -> object:
        workflow.report_failure(payload["token"], "RunCancelled", "The user has cancelled the run.")
        return None

    workflow.functions.answers["send-prompt"] = cancel
    workflow.functions.answers["handle-error"] = lambda _: {"status": "CANCELLED", "code": "", "sentence": ""}
    ended = run(workflow)

    (handled,) = workflow.functions.called("handle-error")
    assert (handled["state"], handled["error"]) == ("SendPrompt", "RunCancelled")
    assert (ended["status"], ended["output"]["status"]) == ("SUCCEEDED", "CANCELLED")


@pytest.mark.parametrize("route", ["EDA", "CAUSAL_ANALYSIS"])
def test_a_container_that_cannot_be_started_is_a_result_of_its_call(workflow: EmulatedWorkflow, route: str) -> None:
    workflow.functions.answers["dispatch-tool"] = lambda payload: {"route": route, "job": "j-1", **payload["call"]}

    ended = run(workflow)

    assert ended["status"] == "SUCCEEDED"
    assert workflow.entered_names(ended["executionArn"])[6:9] == ["RouteTool", CONTAINERS[route], "ToolFailed"]
    ((result,),) = (payload["results"] for payload in workflow.functions.called("append-tool-output"))
    assert result["error"].startswith("ECS.")
    assert (result["job"], result["status"]) == ("j-1", "error")


def test_no_tool_is_executed_where_the_history_has_no_room_for_it(workflow: EmulatedWorkflow) -> None:
    text = definition_text(targets(), LIMITS).replace(f"<= {EVENT_LIMIT}", "<= 50")

    ended = workflow.run_text(text, SEED)

    assert ended["status"] == "SUCCEEDED"
    assert not workflow.functions.called("dispatch-tool")
    assert workflow.functions.called("handle-finish") == [{"run_id": RUN, "turn": 1, "reason": "turn_limit"}]


def test_a_used_up_budget_ends_the_run_after_its_tools(workflow: EmulatedWorkflow) -> None:
    workflow.functions.answers["append-tool-output"] = lambda _: {"next": "FINISH", "reason": "token_budget"}

    run(workflow)

    assert workflow.functions.called("handle-finish") == [{"run_id": RUN, "turn": 1, "reason": "token_budget"}]
