"""The arguments of ToolTask, and their validation."""

import re
from typing import Final, NotRequired, TypedDict

import pulumi

from components.arn import provider_region
from components.build_context import DEFAULT_LOG_RETENTION
from components.functions.platform import ARCHITECTURES, retention_problems
from components.image_address import image_problems
from components.refs import DataRef, JournalRef, SecretRef
from components.tags import tag_problems
from components.tool_task.choice import Place, place_of, task_size
from components.traces import traces_problems
from components.validation import choice_problems
from policies.rules.aws_limits.ecs import FARGATE_MEMORY
from tools.analysis.limits import TOOL_LIMITS, ToolLimits

MOST_SUBNETS: Final = 16
"""Of awsvpcConfiguration (ECS API, AwsVpcConfiguration)."""
MOST_GROUPS: Final = 5

_CLUSTER: Final = re.compile(r"arn:aws[a-z-]*:ecs:(?P<region>[a-z0-9-]+):\d{12}:cluster/[A-Za-z0-9_-]{1,255}")


class ToolTaskArgs(TypedDict):
    tools: list[str]
    """Tools of the catalogue, such as profile_table. Those that a function can hold are left to the workflow's own."""
    image: pulumi.Input[str]
    """Image with the tools, by digest: registry/repository@sha256:... It runs python -m tools.task.task_main."""
    journal: JournalRef
    """Journal of the runs: jobs, progress and results."""
    data: DataRef
    """Bucket with the data that the tools read."""
    architecture: NotRequired[str]
    """CPU that the image is built for: arm64 (default) or x86_64."""
    cpu: NotRequired[int]
    """CPU units, 256 to 16384, 1024 are one vCPU; default: the least of Fargate's sizes that holds the tools."""
    memory: NotRequired[int]
    """MiB of memory, in one of Fargate's combinations with cpu; default: what the tools state, and 512 more."""
    spot: NotRequired[bool]
    """Whether tasks run on spare capacity, which AWS may take back with two minutes' notice; default false. A cluster
    that is given must have the capacity provider FARGATE_SPOT."""
    cluster_arn: NotRequired[pulumi.Input[str]]
    """Cluster to run in; default: one of its own."""
    subnets: NotRequired[list[pulumi.Input[str]]]
    """Subnets of the tasks, 1 to 16, with security_groups; default: those of the account's default VPC."""
    security_groups: NotRequired[list[pulumi.Input[str]]]
    """Security groups of the tasks, 1 to 5, with subnets; default: a new one that allows outgoing HTTPS only."""
    assign_public_ip: NotRequired[bool]
    """Whether tasks get a public address, without which they need a NAT gateway or endpoints of the services; default:
    true in the default VPC, otherwise false."""
    variables: NotRequired[dict[str, pulumi.Input[str]]]
    """More environment variables of the container."""
    traces_endpoint: NotRequired[str]
    """Address of an OpenTelemetry collector (OTLP over HTTP) for the spans of the tools; default none."""
    traces_keys: NotRequired[SecretRef]
    """Secret with the collector's keys as a JSON object of headers; read at run time."""
    log_retention_days: NotRequired[int]
    """Days that the logs are kept; default 14."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every resource that has tags."""


def validate(args: ToolTaskArgs) -> list[str]:
    """One message for each argument that AWS, or the tools, would reject later."""
    tools = _tool_problems(args)
    return [
        *tools,
        *([] if tools else _size_problems(args)),
        *image_problems("image", args["image"], provider_region()),
        *_cluster_problems(args.get("cluster_arn"), provider_region()),
        *_network_problems(args),
        *choice_problems("architecture", args.get("architecture"), ARCHITECTURES),
        *retention_problems(args.get("log_retention_days", DEFAULT_LOG_RETENTION)),
        *traces_problems(args.get("traces_endpoint", "")),
        *tag_problems(args.get("tags")),
    ]


def task_tools(args: ToolTaskArgs) -> list[str]:
    """The tools that need a task."""
    return [name for name in args["tools"] if place_of(TOOL_LIMITS[name]) is Place.TASK]


def task_limits(args: ToolTaskArgs) -> list[ToolLimits]:
    """What they state."""
    return [TOOL_LIMITS[name] for name in task_tools(args)]


def is_given_network(args: ToolTaskArgs) -> bool:
    """Whether the arguments name the network; otherwise it is the default VPC."""
    return bool(args.get("subnets"))


def _tool_problems(args: ToolTaskArgs) -> list[str]:
    known = ", ".join(TOOL_LIMITS)
    unknown = [f"tools has {name!r}; allowed: {known}" for name in args["tools"] if name not in TOOL_LIMITS]
    twice = sorted({name for name in args["tools"] if args["tools"].count(name) > 1})
    problems = [*unknown, *(f"tools has {name!r} twice; allowed: each tool once" for name in twice)]
    if not problems and not task_tools(args):
        needing = ", ".join(name for name, limits in TOOL_LIMITS.items() if place_of(limits) is Place.TASK)
        shown = ", ".join(args["tools"]) or "none"
        return [f"tools is {shown}, for which a function is enough; allowed: at least one of {needing}"]
    return problems


def _size_problems(args: ToolTaskArgs) -> list[str]:
    cpu, memory = args.get("cpu"), args.get("memory")
    if cpu is not None and cpu not in FARGATE_MEMORY:
        return [f"cpu is {cpu:g}; allowed: {', '.join(map(str, FARGATE_MEMORY))}"]
    least = max(limits.memory_mb for limits in task_limits(args))
    if memory is not None and memory < least:
        return [f"memory is {memory:g}, and its tools need {least:,} MiB; allowed: more, or leave it out"]
    if task_size(task_limits(args), cpu, memory) is None:
        sizes = f"with cpu {cpu:g}, {_listed(FARGATE_MEMORY[int(cpu)])}" if cpu else "one of Fargate's sizes"
        wanted = f"memory is {memory:g}" if memory is not None else f"cpu is {cpu:g}, too few for {least:,} MiB"
        return [f"{wanted}; allowed: {sizes}"]
    return []


def _listed(sizes: tuple[int, ...]) -> str:
    return f"{sizes[0]:,} to {sizes[-1]:,} MiB in steps of {sizes[1] - sizes[0]:,}"


def _cluster_problems(arn: pulumi.Input[str] | None, region: str) -> list[str]:
    if not isinstance(arn, str):
        return []
    match = _CLUSTER.fullmatch(arn)
    if match is None:
        return [f"cluster_arn is {arn[:200]!r}; allowed: the ARN of an ECS cluster"]
    if match["region"] != region:
        return [f"cluster_arn is in {match['region']}; allowed: a cluster in {region}, the stack's region"]
    return []


def _network_problems(args: ToolTaskArgs) -> list[str]:
    given = [name for name in ("subnets", "security_groups") if args.get(name)]
    if len(given) == 1:
        return [f"{given[0]} is given alone; give subnets and security_groups, or neither for the default VPC"]
    return [
        f"{name} holds {len(found)}; allowed: 1 to {most}"
        for name, found, most in (
            ("subnets", args.get("subnets", []), MOST_SUBNETS),
            ("security_groups", args.get("security_groups", []), MOST_GROUPS),
        )
        if len(found) > most
    ]
