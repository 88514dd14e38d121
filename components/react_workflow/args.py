"""The arguments of ReactWorkflow, and their validation."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NotRequired, TypedDict

import pulumi

from components.arn import provider_region
from components.build_context import DEFAULT_LOG_RETENTION
from components.functions.platform import code_problems, retention_problems
from components.mcp_runtime import mcp_runtime_problems, mcp_server_problems
from components.model_access import ModelArgs, model_problems
from components.question_times import DEFAULT_QUESTION_TIMEOUT, QUESTION_TIME
from components.react_workflow.limits import CALL_EVENTS, FEWEST_TURNS, TURN_EVENTS, Limits
from components.react_workflow.names import default_prefix, prefix_problems
from components.react_workflow.question import SLACK
from components.refs import CodeRef, DataRef, JournalRef, McpRef, SecretRef, ToolTaskRef, WebSocketRef
from components.tags import tag_problems
from components.traces import traces_problems
from components.validation import range_problems
from contract.react_steps import MAX_CALLS
from policies.rules.aws_limits import LAMBDA_TIMEOUT, STATE_HISTORY, Range
from policies.rules.lambda_function.functions.function import ROLE_TAG

DAY: Final = 86_400
TURN_LIMIT: Final = Range(1, 200, "turns", None)
TOKEN_BUDGET: Final = Range(0, 1_000_000_000, "tokens (0: no limit)", None)
COST_BUDGET: Final = Range(0, 10_000, "USD (0: no limit)", None)
TOKEN_PRICE: Final = Range(0, 1_000, "USD per million tokens", None)
WORKFLOW_TIME: Final = Range(60, 365 * DAY, "seconds", None)
"""A Standard execution lasts a year at most."""

MODEL_TIME: Final = Range(30, LAMBDA_TIMEOUT.maximum, "seconds", None)
TOOL_TIME: Final = Range(60, 7 * DAY, "seconds", None)
HEARTBEAT: Final = Range(60, 3_600, "seconds", None)
"""A container on Fargate takes up to some minutes to start, in which it sends no heartbeat."""

START_SECONDS: Final = 600
"""Fargate finds a place, pulls the image and starts the container."""

CONCURRENCY: Final = Range(1, 1_000, "executions at once", None)
DEFAULT_TURN_LIMIT: Final = 50
DEFAULTS: Final = Limits(model=300, heartbeat=300, question=DEFAULT_QUESTION_TIMEOUT, workflow=14 * DAY)


class ReactTools(TypedDict):
    """The tools of a ReactWorkflow that are executed in containers."""

    eda: ToolTaskRef
    """The task that explores data."""
    causal_analysis: ToolTaskRef
    """The task that estimates effects."""


class ReactWorkflowArgs(TypedDict):
    code: CodeRef
    """Code of the other functions."""
    worker: CodeRef
    """Code of invoke-llm and data-query, with the agents and their dependencies."""
    journal: JournalRef
    """Journal in which runs are recorded."""
    data: DataRef
    """Bucket with the agents' data, which data-query reads."""
    model: ModelArgs
    """Model of the agents."""
    agents: list[str]
    """Agents that an input may name."""
    tools: ReactTools
    """Tools that are executed in containers."""
    websocket: NotRequired[WebSocketRef]
    """WebSocket API to whose connections events are posted, and whose gateway takes answers to questions."""
    mcp_servers: NotRequired[list[str]]
    """http(s) URLs of MCP servers whose tools the agents get."""
    data_credentials: NotRequired[SecretRef]
    """Secret with the credentials of mcp_servers, headers by URL, which the code reads; default: none are sent."""
    mcp_runtimes: NotRequired[dict[str, McpRef]]
    """MCP servers on AgentCore, by the name under which an agent's module asks for them."""
    default_agent: NotRequired[str]
    """Agent of an input that names none; default the first of agents."""
    prefix: NotRequired[str]
    """How the names of functions and state machine begin; default <project>-<stack>."""
    turn_limit: NotRequired[int]
    """Model calls of a run, 1 to 200; default 50."""
    token_budget: NotRequired[int]
    """Input and output tokens of a run together; default 0, no limit."""
    cost_budget: NotRequired[float]
    """USD that a run's tokens may cost; default 0, no limit. It needs both prices."""
    input_price: NotRequired[float]
    """USD per million input tokens; default 0."""
    output_price: NotRequired[float]
    """USD per million output tokens; default 0."""
    question_timeout: NotRequired[int]
    """Seconds that a question to the user stays open, 60 to 604800; default 86400."""
    workflow_timeout: NotRequired[int]
    """Seconds that a run may take, its questions included, up to 31536000; default 1209600."""
    model_timeout: NotRequired[int]
    """Seconds that a model call may take, 30 to 900; default 300."""
    tool_timeout: NotRequired[int]
    """Seconds that a container may take, its start included, 60 to 604800; default the longest time that its tools
    state, and ten minutes for the start."""
    heartbeat_limit: NotRequired[int]
    """Seconds without a heartbeat after which a container counts as lost, its start included, 60 to 3600; default
    300."""
    traces_endpoint: NotRequired[str]
    """http(s) address of a collector, to whose /v1/traces the functions send spans (OTLP/HTTP); default: X-Ray only."""
    traces_keys: NotRequired[SecretRef]
    """Secret with the collector's keys, which the code reads at run time; default: none are sent."""
    reserved_concurrency: NotRequired[int]
    """Executions of each function at once, 1 to 1000; default the account's own limit for all functions."""
    log_retention_days: NotRequired[int]
    """Days that the logs of functions and state machine are kept; default 14."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every resource that has tags."""


def limits_of(args: ReactWorkflowArgs) -> Limits:
    # A program in another language sends its numbers as floats, which a state machine does not accept.
    return Limits(
        model=int(args.get("model_timeout", DEFAULTS.model)),
        heartbeat=int(args.get("heartbeat_limit", DEFAULTS.heartbeat)),
        question=int(args.get("question_timeout", DEFAULTS.question)),
        workflow=int(args.get("workflow_timeout", DEFAULTS.workflow)),
    )


def tool_seconds(args: ReactWorkflowArgs, task: Mapping[str, Any]) -> int:
    """What a container may take, its start included."""
    return int(args.get("tool_timeout") or task["longest_seconds"] + START_SECONDS)


def agents_of(args: ReactWorkflowArgs) -> list[str]:
    """Each agent once, the default first: that is how the functions get them."""
    return list(dict.fromkeys([args.get("default_agent") or args["agents"][0], *args["agents"]]))


def prefix_of(args: ReactWorkflowArgs) -> str:
    return args.get("prefix") or default_prefix()


def validate(args: ReactWorkflowArgs) -> list[str]:
    """One message for each argument that AWS, or the runtime, would reject later."""
    return [
        *prefix_problems(prefix_of(args)),
        *code_problems("code", args["code"]),
        *code_problems("worker", args["worker"]),
        *_agent_problems(args["agents"], args.get("default_agent")),
        *model_problems(args["model"], provider_region()),
        *mcp_server_problems(args.get("mcp_servers", [])),
        *mcp_runtime_problems(args.get("mcp_runtimes", {})),
        *turn_problems(args),
        *budget_problems(args),
        *timing_problems(args),
        *traces_problems(args.get("traces_endpoint", "")),
        *range_problems("reserved_concurrency", args.get("reserved_concurrency"), CONCURRENCY),
        *retention_problems(args.get("log_retention_days", DEFAULT_LOG_RETENTION)),
        *tag_problems(args.get("tags"), own=(ROLE_TAG,)),
    ]


def turn_problems(args: ReactWorkflowArgs) -> list[str]:
    """A message for a turn limit with which a run could not end properly."""
    turns = args.get("turn_limit", DEFAULT_TURN_LIMIT)
    if TURN_LIMIT.allows(turns):
        return []
    return [
        f"turn_limit is {turns:g}; allowed: {TURN_LIMIT}: an execution ends when its history has "
        f"{STATE_HISTORY.maximum:,} events, of which a turn takes {TURN_EVENTS} and each of its up to {MAX_CALLS} tool "
        f"calls {CALL_EVENTS}, so that a run which always calls {MAX_CALLS} is ended after {FEWEST_TURNS} turns"
    ]


def budget_problems(args: ReactWorkflowArgs) -> list[str]:
    """One message for each budget or price that is out of range, or else for a budget without prices."""
    found = [
        *range_problems("token_budget", args.get("token_budget"), TOKEN_BUDGET),
        *range_problems("cost_budget", args.get("cost_budget"), COST_BUDGET),
        *range_problems("input_price", args.get("input_price"), TOKEN_PRICE),
        *range_problems("output_price", args.get("output_price"), TOKEN_PRICE),
    ]
    missing = [name for name, price in _prices(args).items() if not price]
    if not found and args.get("cost_budget") and missing:
        found.append(f"{missing[0]} is 0; a cost_budget needs the model's prices, in USD per million tokens")
    return found


def _prices(args: ReactWorkflowArgs) -> dict[str, float]:
    return {"input_price": args.get("input_price", 0), "output_price": args.get("output_price", 0)}


def timing_problems(args: ReactWorkflowArgs) -> list[str]:
    """One message for each time that is out of range, or else for each that does not fit others."""
    limits = limits_of(args)
    return [
        *range_problems("model_timeout", limits.model, MODEL_TIME),
        *range_problems("tool_timeout", args.get("tool_timeout"), TOOL_TIME),
        *range_problems("heartbeat_limit", limits.heartbeat, HEARTBEAT),
        *range_problems("question_timeout", limits.question, QUESTION_TIME),
        *range_problems("workflow_timeout", limits.workflow, WORKFLOW_TIME),
    ] or [
        *_tool_time_problems(args, limits),
        *_relation_problems(limits, int(args["journal"]["retention_days"])),
    ]


def _tool_time_problems(args: ReactWorkflowArgs, limits: Limits) -> Iterator[str]:
    """For each container, given or derived from its tools' own longest time."""
    for name, task in _tasks(args["tools"]).items():
        seconds, longest = tool_seconds(args, task), int(task["longest_seconds"])
        place = "tool_timeout" if args.get("tool_timeout") else f"tools.{name}.longest_seconds and the start together"
        if seconds < longest:
            yield f"tool_timeout is {seconds}; allowed: at least {longest}, the longest time of tools.{name}"
        if seconds > limits.workflow:
            yield f"{place} is {seconds}; allowed: at most {limits.workflow}, the workflow_timeout"
        if seconds < limits.heartbeat:
            yield (
                f"heartbeat_limit is {limits.heartbeat}; allowed: at most {seconds}, the time of tools.{name}: a lost "
                "container would not be noticed"
            )


def _tasks(tools: ReactTools) -> dict[str, ToolTaskRef]:
    return {"eda": tools["eda"], "causal_analysis": tools["causal_analysis"]}


def _relation_problems(limits: Limits, retention_days: int) -> list[str]:
    kept = retention_days * DAY
    longest = limits.workflow - SLACK
    ordered = (
        ("question_timeout", limits.question, longest, f"the workflow_timeout less {SLACK}: no question would expire"),
        ("workflow_timeout", limits.workflow, kept, f"{retention_days} days, for which the journal keeps a run"),
    )
    return [f"{name} is {low}; allowed: at most {high}, {why}" for name, low, high, why in ordered if low > high]


def _agent_problems(agents: list[str], default: str | None) -> list[str]:
    if not agents:
        return ["agents is empty; name at least one module of agents/"]
    found = [f"agents has {name!r}; allowed: names of Python modules" for name in agents if not name.isidentifier()]
    if not found and default and default not in agents:
        found.append(f"default_agent is {default!r}; allowed: {', '.join(agents)}, the agents")
    return found
