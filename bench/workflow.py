"""The ReAct workflow: its state transitions, what a run costs without tokens, and how much each turn takes beyond the
model's own time, compared with a state machine of the same states whose functions do nothing."""

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import boto3

from bench.deployment import deployed, set_pace
from bench.measurement import Measurement, MeasurementError, Options
from bench.prices import TRANSITION, run_cost, task_cost
from bench.program_copy import copy_program
from components.react_workflow.limits import CALL_EVENTS, FRAME_EVENTS, TURN_EVENTS
from contract.run_ids import new_run_id
from sandbox.state import SandboxState

TURNS: Final = 10
AGENT: Final = "idler"
GOAL_MS: Final = 60.0
WARM_UP: Final = 2
PATIENCE: Final = 120.0

STEPS: Final = ("invoke-llm", "dispatch-tool", "data-query", "append-tool-output")
"""The functions of a turn with one tool."""

SECONDS_OF_A_TASK: Final = 20.0
"""Of a tool in a container, its start included."""

QUESTION: Final = "Do nothing %s."
TIMES: Final = {0: "never", TURNS: "again and again"}

_SCENARIO: Final = """
[[scenario]]
name = "{name}"
question = "{question}"
answer = "Done."
[scenario.match]
words = ["{word}"]
"""
_CALL: Final = """
[[scenario.turn]]
[[scenario.turn.call]]
tool = "do_nothing"
"""
_AGENT: Final = '''
"""An agent whose tool takes no time."""

from strands import Agent, tool

from runtime.agent_context import AgentContext


@tool
def do_nothing() -> str:
    """Do nothing."""
    return "Nothing was done."


def create_agent(context: AgentContext) -> Agent:
    return context.agent(system_prompt="Do nothing.", tools=[do_nothing])
'''


def measure(options: Options) -> list[Measurement]:
    with tempfile.TemporaryDirectory(prefix="longrun-bench-") as folder:
        scenario_folder, program = Path(folder) / "scenarios", Path(folder) / "program"
        scenario_folder.mkdir()
        (scenario_folder / "turns.toml").write_text(scenarios())
        copy_program(program, "Pulumi.local.yaml")
        (program / "agents" / f"{AGENT}.py").write_text(_AGENT)
        sidecar, config = {"scenario_folder": str(scenario_folder)}, {"longrun:agents": json.dumps([AGENT])}
        with deployed(sidecar, config | {"longrun:workflowAgent": AGENT}, program) as state:
            set_pace(state, 0, 0)
            bench = WorkflowBench(state)
            for _ in range(WARM_UP):
                bench.run(TURNS)
            return bench.measurements(options.repeats)


def scenarios() -> str:
    """A model that takes no time of its own, and calls a tool as often as the question says."""
    return "".join(
        _SCENARIO.format(name=f"turns-{turns}", question=QUESTION % words, word=words.split(maxsplit=1)[0])
        + _CALL * turns
        for turns, words in TIMES.items()
    )


class WorkflowBench:
    """Runs of one deployment, one after the other."""

    def __init__(self, state: SandboxState) -> None:
        session = boto3.Session(state.keys.key_id, state.keys.secret, region_name=state.region)
        self._states: Any = session.client("stepfunctions", endpoint_url=state.endpoint)
        self._functions: Any = session.client("lambda", endpoint_url=state.endpoint)
        self._model: Any = session.client("bedrock-runtime", endpoint_url=state.sidecar_url)
        self._machine = str(state.outputs["workflow_state_machine"])
        self._names: dict[str, str] = dict(state.outputs["workflow_functions"])
        self._empty = self._create_empty()

    def run(self, turns: int) -> list[dict[str, Any]]:
        """The history of a run with so many turns that call a tool."""
        run_id = new_run_id()
        given = {"runId": run_id, "query": {"text": QUESTION % TIMES[turns]}, "agent": AGENT}
        return self._execute(self._machine, run_id, given)

    def measurements(self, repeats: int) -> list[Measurement]:
        long, short, empty, model = [], [], [], []
        for _ in range(repeats):
            model.append(self._model_call())
            long.append(self.run(TURNS))
            short.append(self.run(0))
            empty.append(self._execute(self._empty, new_run_id(), {"turns": TURNS}))
        each = [(took(one) - took(other)) / TURNS - call for one, other, call in zip(long, short, model, strict=True)]
        turn, alone = statistics.median(each), statistics.median(took(one) / TURNS for one in empty)
        entered = len(states(long[0]))
        transitions, cost = entered * TRANSITION, self._cost(long[0], entered)
        peer = "the same states with functions that do nothing"
        counted = FRAME_EVENTS + TURNS * (TURN_EVENTS + CALL_EVENTS) + TURN_EVENTS
        return [
            Measurement(f"state transitions of {TURNS} turns with a tool", entered, "", peer, len(states(empty[0]))),
            Measurement(f"cost of {TURNS} turns with a tool", cost, "USD", "its transitions alone", transitions),
            Measurement("cost of a tool in a container", task_cost(1, 2, SECONDS_OF_A_TASK), "USD", "a run", cost),
            Measurement("history events at AWS", events(long[0]), "", "as the state machine counts", counted),
            Measurement("a turn beyond the model's time, p50", turn, "ms", peer, alone),
            Measurement("the model's own time of a turn, p50", statistics.median(model), "ms", peer, alone),
            Measurement("overhead of a turn, p50", turn - alone, "ms", peer, alone, GOAL_MS),
        ]

    def _cost(self, history: list[dict[str, Any]], entered: int) -> float:
        gb = {
            role: self._functions.get_function_configuration(FunctionName=name)["MemorySize"] / 1_024
            for role, name in self._names.items()
        }
        visits = [(gb[role], seconds) for role, seconds in visited(history)]
        return run_cost(entered, len(visits), sum(size * seconds for size, seconds in visits), TURNS)

    def _model_call(self) -> float:
        """Milliseconds of the model's own, as its client sees them."""
        took_ms = []
        for _ in range(TURNS):
            started = time.perf_counter()
            message = {"role": "user", "content": [{"text": QUESTION % TIMES[TURNS]}]}
            tool = {"toolSpec": {"name": "do_nothing", "inputSchema": {"json": {"type": "object"}}}}
            reply = self._model.converse_stream(
                modelId="us.anthropic.claude-sonnet-4-6", messages=[message], toolConfig={"tools": [tool]}
            )
            list(reply["stream"])
            took_ms.append((time.perf_counter() - started) * 1_000)
        return statistics.median(took_ms)

    def _execute(self, machine: str, name: str, given: dict[str, Any]) -> list[dict[str, Any]]:
        """The history of an execution. Raises MeasurementError where it does not succeed."""
        arn = self._states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))["executionArn"]
        end = time.monotonic() + PATIENCE
        while (status := self._states.describe_execution(executionArn=arn)["status"]) == "RUNNING":
            if time.monotonic() > end:
                raise MeasurementError(f"execution {name} did not end within {PATIENCE:g} s")
            time.sleep(0.05)
        if status != "SUCCEEDED":
            raise MeasurementError(f"execution {name} ended as {status}; see it in the state machine's history")
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]

    def _create_empty(self) -> str:
        role = self._states.describe_state_machine(stateMachineArn=self._machine)["roleArn"]
        document = json.dumps(empty_machine([self._names[step] for step in STEPS]))
        made = self._states.create_state_machine(name="bench-empty", definition=document, roleArn=role)
        return str(made["stateMachineArn"])


def empty_machine(functions: list[str]) -> dict[str, Any]:
    """The states of a turn with one tool, whose functions only warm up."""
    invoke, dispatch, query, append = (_task(function) for function in functions)
    tool = {
        "DispatchTool": {**dispatch, "Next": "RouteTool"},
        "RouteTool": _choice("DataQuery"),
        "DataQuery": {**query, "End": True},
    }
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "DispatchTool", "States": tool}
    counted = {"Assign": {"turn": "{% $turn + 1 %}"}}
    ended = {"Condition": "{% $turn > $states.context.Execution.Input.turns %}", "Next": "Done"}
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Start",
        "TimeoutSeconds": int(PATIENCE),
        "States": {
            "Start": {"Type": "Pass", "Assign": {"turn": 1}, "Next": "InvokeLLM"},
            "InvokeLLM": {**invoke, "Next": "CheckResponse"},
            "CheckResponse": _choice("Tools"),
            "Tools": {"Type": "Map", "Items": [{}], "ItemProcessor": processor, "Next": "ToolsDone"},
            "ToolsDone": _choice("AppendToolOutput"),
            "AppendToolOutput": {**append, **counted, "Next": "CheckBudget"},
            "CheckBudget": {"Type": "Choice", "Choices": [ended], "Default": "InvokeLLM"},
            "Done": {"Type": "Pass", "End": True},
        },
    }


def _task(function: str) -> dict[str, Any]:
    arguments = {"FunctionName": function, "Payload": {"warm": True}}
    resource = "arn:aws:states:::lambda:invoke"
    return {"Type": "Task", "Resource": resource, "Arguments": arguments, "Output": {}, "TimeoutSeconds": 60}


def _choice(state: str) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": state}], "Default": state}


def states(history: list[dict[str, Any]]) -> list[str]:
    """The states that were entered, each a transition, in order."""
    entered = [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]
    retries = [event["type"] for event in history if event["type"] == "TaskFailed"]
    return [*entered, *retries]


_EVENTS: Final = {"TaskStateEntered": 5, "ChoiceStateEntered": 2, "PassStateEntered": 2, "MapStateEntered": 4}
"""What AWS writes for a state that succeeds: a Map also two for each iteration, which the emulator leaves out."""


def events(history: list[dict[str, Any]]) -> int:
    """How many events AWS's history of that execution would have."""
    iterations = states(history).count("DispatchTool")
    return sum(_EVENTS.get(event["type"], 0) for event in history) + 2 * iterations + 2


def took(history: list[dict[str, Any]]) -> float:
    """Milliseconds from the first event to the last."""
    seconds: float = (history[-1]["timestamp"] - history[0]["timestamp"]).total_seconds()
    return seconds * 1_000


ROLES: Final = {
    "ParseInitialQuery": "parse-initial-query",
    "InvokeLLM": "invoke-llm",
    "DispatchTool": "dispatch-tool",
    "DataQuery": "data-query",
    "AppendToolOutput": "append-tool-output",
    "HandleFinish": "handle-finish",
}
"""The function of each state of a run without questions."""


def visited(history: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """Each call of a function, with the seconds that its state took; calls are one after the other."""
    found, since = [], {}
    for event in history:
        if "stateEnteredEventDetails" in event:
            since[event["stateEnteredEventDetails"]["name"]] = event["timestamp"]
        elif "stateExitedEventDetails" in event:
            name = event["stateExitedEventDetails"]["name"]
            if name in ROLES and name in since:
                found.append((ROLES[name], (event["timestamp"] - since.pop(name)).total_seconds()))
    return found
