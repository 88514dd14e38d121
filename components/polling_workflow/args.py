"""The arguments of PollingWorkflow, and their validation."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, NotRequired, TypedDict

import pulumi

from components.build_context import DEFAULT_LOG_RETENTION
from components.functions.platform import code_problems, retention_problems
from components.polling_workflow.limits import Limits
from components.refs import CodeRef, HostRef, JournalRef, SecretRef, WebSocketRef
from components.tags import tag_problems
from components.traces import traces_problems
from components.validation import choice_problems, range_problems
from contract.limits import MAX_PIPELINE_LENGTH, MAX_STEPS, SHOWN_LENGTH
from policies.rules.aws_limits import AGENTCORE_SESSION, STATE_HISTORY, Range
from policies.rules.lambda_function.functions.function import ROLE_TAG

COMPLETIONS: Final = ("poll", "callback")
DEFAULT_COMPLETION: Final = "poll"
AGENT_TIME: Final = AGENTCORE_SESSION
WORKFLOW_TIME: Final = Range(60, 86_400, "seconds", None)
HEARTBEAT: Final = Range(5, 900, "seconds", None)
"""An agent sends a heartbeat every second; the start of a session takes a few seconds."""

PIPELINES_SIZE: Final = Range(2, 3_500, "bytes", None)
"""Of the pipelines as JSON: the start handler's other variables have at most 596 bytes of the 4,096 that Lambda has."""

POLL: Final = Range(1, 300, "seconds", None)
DEFAULTS: Final = Limits(agent=7_200, workflow=28_800, heartbeat=60, poll=10, poll_max=60)


class PollingWorkflowArgs(TypedDict):
    code: CodeRef
    """Code of the functions: start handler, invoker and finalizer."""
    journal: JournalRef
    """Journal in which runs are recorded."""
    pipelines: dict[str, list[str]]
    """Agents that work in turn, by the name that an event asks for."""
    default_pipeline: str
    """The pipeline of an event that names none."""
    hosts: list[HostRef]
    """The AgentCore runtimes that run the agents; the first that has an agent is used."""
    completion: NotRequired[str]
    """How the end of an agent is noticed: poll (default, the journal is polled) or callback (by a task token)."""
    agent_timeout: NotRequired[int]
    """Seconds that an agent may take, 60 to 28800; default 7200."""
    workflow_timeout: NotRequired[int]
    """Seconds that all agents together may take, agent_timeout to 86400; default 28800."""
    heartbeat_limit: NotRequired[int]
    """Seconds without a heartbeat after which an agent counts as lost, 5 to 900; default 60."""
    poll_seconds: NotRequired[int]
    """The first wait between two polls of the journal, 1 to 300; default 10."""
    poll_max_seconds: NotRequired[int]
    """The longest wait, poll_seconds to 300; default 60. A wait is a twentieth of the time waited so far."""
    websocket: NotRequired[WebSocketRef]
    """WebSocket API to whose connections the finalizer posts the end of a run."""
    traces_endpoint: NotRequired[str]
    """http(s) address of a collector, to whose /v1/traces the functions send spans (OTLP/HTTP); default: X-Ray only."""
    traces_keys: NotRequired[SecretRef]
    """Secret with the collector's keys, which the code reads at run time; default: none are sent."""
    log_retention_days: NotRequired[int]
    """Days that the logs of functions and state machine are kept; default 14."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every resource that has tags."""


def limits_of(args: PollingWorkflowArgs) -> Limits:
    # A program in another language sends its numbers as floats, which a state machine does not accept.
    return Limits(
        agent=int(args.get("agent_timeout", DEFAULTS.agent)),
        workflow=int(args.get("workflow_timeout", DEFAULTS.workflow)),
        heartbeat=int(args.get("heartbeat_limit", DEFAULTS.heartbeat)),
        poll=int(args.get("poll_seconds", DEFAULTS.poll)),
        poll_max=int(args.get("poll_max_seconds", DEFAULTS.poll_max)),
    )


def is_callback(args: PollingWorkflowArgs) -> bool:
    return args.get("completion", DEFAULT_COMPLETION) == "callback"


def validate(args: PollingWorkflowArgs) -> list[str]:
    """One message for each argument that AWS would reject, or with which a run could not end properly."""
    return [
        *code_problems("code", args["code"]),
        *choice_problems("completion", args.get("completion"), COMPLETIONS),
        *pipeline_problems(args["pipelines"]),
        *_hosting_problems(args["pipelines"], args["hosts"]),
        *choice_problems("default_pipeline", args["default_pipeline"], tuple(args["pipelines"])),
        *timing_problems(args),
        *traces_problems(args.get("traces_endpoint", "")),
        *retention_problems(args.get("log_retention_days", DEFAULT_LOG_RETENTION)),
        *tag_problems(args.get("tags"), own=(ROLE_TAG,)),
    ]


def timing_problems(args: PollingWorkflowArgs) -> list[str]:
    """One message for each time that is out of range, or else for each that does not fit others."""
    limits = limits_of(args)
    return _range_problems(limits) or [
        *_relation_problems(limits),
        *_history_problems(args, limits),
        *_session_problems(args, limits),
    ]


def _range_problems(limits: Limits) -> list[str]:
    return [
        *range_problems("agent_timeout", limits.agent, AGENT_TIME),
        *range_problems("workflow_timeout", limits.workflow, WORKFLOW_TIME),
        *range_problems("heartbeat_limit", limits.heartbeat, HEARTBEAT),
        *range_problems("poll_seconds", limits.poll, POLL),
        *range_problems("poll_max_seconds", limits.poll_max, POLL),
    ]


def _relation_problems(limits: Limits) -> list[str]:
    ordered = (
        ("heartbeat_limit", limits.heartbeat, "agent_timeout", limits.agent, "a lost agent would be noticed too late"),
        ("agent_timeout", limits.agent, "workflow_timeout", limits.workflow, "an agent could never use its time"),
        ("poll_seconds", limits.poll, "poll_max_seconds", limits.poll_max, "waits grow, they do not shrink"),
    )
    return [
        f"{small} is {low}; allowed: at most {high}, the {large}: {why}"
        for small, low, large, high, why in ordered
        if low > high
    ]


def _history_problems(args: PollingWorkflowArgs, limits: Limits) -> list[str]:
    """A Standard state machine fails when its history is full, and no Catch can prevent that."""
    steps = max((len(agents) for agents in args["pipelines"].values()), default=0)
    events = limits.history_events(steps)
    if is_callback(args) or STATE_HISTORY.allows(events):
        return []
    return [
        f"poll_max_seconds is {limits.poll_max}, with which a run of {limits.workflow:,} s makes {events:,} history "
        f"events; allowed: {STATE_HISTORY.maximum:,}; raise poll_max_seconds, or set completion to callback"
    ]


def _session_problems(args: PollingWorkflowArgs, limits: Limits) -> list[str]:
    """Consecutive agents on one runtime share a session, which has one lifetime."""
    longest = {
        (pipeline, host): count
        for pipeline, agents in args["pipelines"].items()
        for host, count in _shared_sessions(agents, args["hosts"])
    }
    found = []
    for (pipeline, index), count in longest.items():
        needed = min(count * limits.agent, limits.workflow)
        lifetime = args["hosts"][index]["lifetime_seconds"]
        if needed > lifetime:
            found.append(
                f"pipelines.{_cut(pipeline)} has {count} agents in turn in one session, up to {needed:,} s; allowed: "
                f"{lifetime:,} s, the session's lifetime; lower agent_timeout or workflow_timeout, or raise it"
            )
    return found


def _shared_sessions(agents: Sequence[str], hosts: Sequence[HostRef]) -> Iterator[tuple[int, int]]:
    """(index of the host, number of agents) of each row of consecutive agents on one host."""
    placed = [host_of(agent, hosts) for agent in agents]
    return ((index, len(list(row))) for index, row in groupby(placed) if index is not None)


def host_of(agent: str, hosts: Sequence[HostRef]) -> int | None:
    return next((index for index, host in enumerate(hosts) if agent in host["agents"]), None)


def pipeline_problems(pipelines: Mapping[str, Sequence[str]]) -> list[str]:
    """One message for each pipeline that an event could not ask for, or that could not run to its end."""
    if not pipelines:
        return ["pipelines is empty; name at least one, and the agents that work in turn"]
    allowed = f"1 to {MAX_PIPELINE_LENGTH} printable characters, no blanks around them"
    names = [
        f"pipelines has the name {_cut(name)!r}; allowed: {allowed}"
        for name in pipelines
        if not (0 < len(name) <= MAX_PIPELINE_LENGTH and name.isprintable() and name == name.strip())
    ]
    counts = [
        f"pipelines.{_cut(name)} has {len(agents)} agents; allowed: {MAX_STEPS}, the steps of a run"
        if agents
        else f"pipelines.{_cut(name)} is empty; name the agents that work in turn"
        for name, agents in pipelines.items()
        if not 0 < len(agents) <= MAX_STEPS
    ]
    return [*names, *counts, *_size_problems(pipelines)]


def _size_problems(pipelines: Mapping[str, Sequence[str]]) -> list[str]:
    """The start handler reads all pipelines from one variable."""
    size = len(json.dumps(pipelines))
    if PIPELINES_SIZE.allows(size):
        return []
    return [
        f"pipelines have {size:,} bytes as JSON; allowed: {PIPELINES_SIZE.maximum:,}, which fit into the environment "
        "of the start handler; shorten names, or name fewer pipelines"
    ]


def _cut(name: str) -> str:
    return name if len(name) <= SHOWN_LENGTH else f"{name[:SHOWN_LENGTH]}..."


def _hosting_problems(pipelines: Mapping[str, Sequence[str]], hosts: Sequence[HostRef]) -> list[str]:
    hosted = ", ".join(agent for host in hosts for agent in host["agents"]) or "none"
    return [
        f"pipelines.{_cut(name)} has the agent {_cut(agent)!r}, which no runtime hosts; hosted: {hosted}"
        for name, agents in pipelines.items()
        for agent in dict.fromkeys(agents)
        if host_of(agent, hosts) is None
    ]
