"""The tool calls of a turn, side by side: each is dispatched, and executed by a container or by a function."""

from dataclasses import dataclass
from typing import Any, Final

from components.react_workflow.limits import CALL_EVENTS, PROMPT_EVENTS, Limits
from components.react_workflow.steps import PAYLOAD, catchers, optional, step, variable
from components.state_machine.expressions import ERROR, integration, jsonata, spread_retry
from contract.react_steps import JOB, MAX_CALLS, RUN_ID, TASK_TOKEN

RUN_TASK: Final = "ecs:runTask.waitForTaskToken"

QUERY_SECONDS: Final = 300
"""The limit of data-query, whose tools are the catalogue's short ones."""

CAPACITY: Final = [
    "AmazonECS.Unknown",
    "ECS.AmazonECSException",
    "ECS.ServerException",
    "ECS.ThrottlingException",
    "ECS.SdkClientException",
]
"""No container was started: Fargate has no capacity (the response lists failures, or the call is rejected), the account
starts too many tasks at once, or ECS failed. An attempt has a client token of its own, as it has a task token."""

_CALL: Final = "{'tool_use_id': $states.input.tool_use_id, 'name': $states.input.name, 'job': $states.input.job}"
_CUT: Final = 1_000
"""Characters of a failure's cause: ten of them pass between states."""

_CAUSE: Final = f"$exists($states.errorOutput.Cause) ? $substring($states.errorOutput.Cause, 0, {_CUT}) : ''"
_ASKED: Final = "$states.result[status = 'question']"


@dataclass(frozen=True, slots=True)
class TaskTarget:
    """A container to run: its cluster, task definition and name, and its network where the input names none."""

    cluster: str
    task_definition: str
    container: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    assign_public_ip: bool
    spot: bool
    seconds: int
    """That it may take, its start included."""


def tools(
    dispatch_arn: str, query_arn: str, eda: TaskTarget, causal_analysis: TaskTarget, partition: str, limits: Limits
) -> dict[str, Any]:
    """All calls of a turn at once, or those again that asked a question. What fails inside is a tool's failure."""
    return {
        "Type": "Map",
        "Items": variable("calls"),
        "MaxConcurrency": MAX_CALLS,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "DispatchTool",
            "States": {
                "DispatchTool": _dispatch_tool(dispatch_arn, partition),
                "RouteTool": _route_tool(),
                "EDA": _container(eda, partition, limits),
                "CausalAnalysis": _container(causal_analysis, partition, limits),
                "DataQuery": _data_query(query_arn, partition),
                "ToolAsks": _result("'question'"),
                "ToolDone": _result("$states.input.status = 'error' ? 'error' : 'success'"),
                "ToolFailed": _tool_failed(),
            },
        },
        "Assign": {
            "results": jsonata("[$results, $states.result[status != 'question']]"),
            "calls": jsonata(f"[{_ASKED}.{{'tool_use_id': tool_use_id, 'name': name, 'job': job}}]"),
            "wait_seconds": jsonata(f"$exists({_ASKED}.seconds) ? $min([{_ASKED}.seconds]) : {limits.question}"),
            "events": jsonata(f"$events + {CALL_EVENTS} * $count($calls)"),
        },
        "Output": {"asked": jsonata(f"$count({_ASKED})")},
        "Catch": catchers("Tools"),
        "Next": "ToolsDone",
    }


def tools_done(event_limit: int) -> dict[str, Any]:
    """Questions are put to the user, again and again if a tool asks so; otherwise the turn goes on."""
    needed = f"$events + {PROMPT_EVENTS} + {CALL_EVENTS} * $count($calls)"
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": jsonata("$count($calls) = 0"), "Next": "AppendToolOutput"},
            {"Condition": jsonata(f"{needed} <= {event_limit}"), "Next": "SendPrompt"},
        ],
        "Default": "TooManyQuestions",
    }


def _dispatch_tool(function_arn: str, partition: str) -> dict[str, Any]:
    call = {name: jsonata(f"$states.input.{name}") for name in ("tool_use_id", "name")}
    payload = {"run_id": variable("run_id"), "turn": variable("turn"), "call": call}
    return {
        **step(partition, function_arn, payload),
        "Output": {
            **call,
            "job": jsonata(f"$exists({PAYLOAD}.job) ? {PAYLOAD}.job : ''"),
            "route": jsonata(f"{PAYLOAD}.route"),
            "status": optional("status"),
        },
        "Catch": _to_failed(),
        "Next": "RouteTool",
    }


def _route_tool() -> dict[str, Any]:
    routes = {
        "EDA": "EDA",
        "CAUSAL_ANALYSIS": "CausalAnalysis",
        "DATA_QUERY": "DataQuery",
        "QUESTION": "ToolAsks",
    }
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": jsonata(f"$states.input.route = '{route}'"), "Next": state} for route, state in routes.items()
        ],
        "Default": "ToolDone",
    }


def _container(target: TaskTarget, partition: str, limits: Limits) -> dict[str, Any]:
    """Runs a container and waits until it reports by the token, or until no heartbeat comes any more."""
    return {
        "Type": "Task",
        "Resource": integration(partition, RUN_TASK),
        "Arguments": {
            "Cluster": target.cluster,
            "TaskDefinition": target.task_definition,
            **_launch(target.spot),
            # As long as ECS allows: 64 characters. The same call of the same attempt starts one container.
            "ClientToken": jsonata(
                "$hash($run_id & '/' & $states.input.job & '/' & $string($turn) & '/' "
                "& $string($states.context.State.RetryCount), 'SHA-256')"
            ),
            "NetworkConfiguration": {"AwsvpcConfiguration": _network(target)},
            "Overrides": {"ContainerOverrides": [{"Name": target.container, "Environment": _environment()}]},
            "PropagateTags": "TASK_DEFINITION",
        },
        "TimeoutSeconds": target.seconds,
        "HeartbeatSeconds": limits.heartbeat,
        "Output": jsonata(
            f"$merge([{_CALL}, {{'status': $string($states.result.status) = 'error' ? 'error' : 'success'}}])"
        ),
        "Retry": [spread_retry(CAPACITY, 5, 4)],
        "Catch": _to_failed(),
        "End": True,
    }


def _launch(spot: bool) -> dict[str, Any]:
    if not spot:
        return {"LaunchType": "FARGATE"}
    return {"CapacityProviderStrategy": [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]}


def _network(target: TaskTarget) -> dict[str, Any]:
    return {
        "Subnets": _given("subnets", target.subnets),
        "SecurityGroups": _given("security_groups", target.security_groups),
        "AssignPublicIp": "ENABLED" if target.assign_public_ip else "DISABLED",
    }


def _given(name: str, default: tuple[str, ...]) -> str:
    """The list of the execution's input, or the default where that has none."""
    listed = ", ".join(f"'{value}'" for value in default)
    return jsonata(f"$count(${name}) > 0 ? ${name} : [{listed}]")


def _environment() -> list[dict[str, str]]:
    values = {
        TASK_TOKEN: jsonata("$states.context.Task.Token"),
        RUN_ID: variable("run_id"),
        JOB: jsonata("$states.input.job"),
    }
    return [{"Name": name, "Value": value} for name, value in values.items()]


def _data_query(function_arn: str, partition: str) -> dict[str, Any]:
    payload = {
        "run_id": variable("run_id"),
        "turn": variable("turn"),
        "call": {name: jsonata(f"$states.input.{name}") for name in ("tool_use_id", "name")},
        "job": jsonata("$states.input.job"),
    }
    return {
        **step(partition, function_arn, payload, QUERY_SECONDS),
        "Output": jsonata(f"$merge([{_CALL}, {PAYLOAD}.{{'status': status, 'seconds': seconds}}])"),
        "Catch": _to_failed(),
        "End": True,
    }


def _result(status: str) -> dict[str, Any]:
    """The status of a call that no task executes, by an expression: it asks, or its result lies in the bucket."""
    return {"Type": "Pass", "Output": jsonata(f"$merge([{_CALL}, {{'status': {status}}}])"), "End": True}


def _tool_failed() -> dict[str, Any]:
    """A failed tool, also a cancelled one, is a result of its call."""
    return {"Type": "Pass", "Output": jsonata("$merge([$states.input, {'status': 'error'}])"), "End": True}


def _to_failed() -> list[dict[str, Any]]:
    failed = {
        **{name: jsonata(f"$states.input.{name}") for name in ("tool_use_id", "name")},
        "job": jsonata("$exists($states.input.job) ? $states.input.job : ''"),
        "error": ERROR,
        "cause": jsonata(_CAUSE),
    }
    return [{"ErrorEquals": ["States.ALL"], "Output": failed, "Next": "ToolFailed"}]
