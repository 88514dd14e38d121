"""The arguments of AgentRuntime, and their validation."""

import re
import zipfile
from collections.abc import Sequence
from typing import Final, NotRequired, TypedDict

import pulumi

from components.arn import provider_region
from components.build_context import DEFAULT_LOG_RETENTION
from components.functions.platform import RUNTIMES, code_problems, retention_problems
from components.mcp_runtime import mcp_runtime_problems, mcp_server_problems
from components.model_access import ModelArgs, model_problems
from components.question_times import question_timeout_problems
from components.refs import CodeRef, DataRef, JournalRef, McpRef, S3CodeRef, SecretRef, WebSocketRef
from components.tags import tag_problems
from components.traces import traces_problems
from components.validation import choice_problems
from policies.rules.agentcore.runtime_environment import environment_problems
from policies.rules.agentcore.runtime_lifecycle import lifecycle_problems
from policies.rules.aws_limits import (
    AGENTCORE_DEFAULT_IDLE,
    AGENTCORE_DEFAULT_LIFETIME,
    AGENTCORE_ENTRY_POINT,
    AGENTCORE_ENTRY_WORD,
    AGENTCORE_SUBNETS,
)
from policies.rules.aws_limits.partitions import SUFFIX, partition_of

PROTOCOLS: Final = ("HTTP", "MCP")
NETWORKS: Final = ("PUBLIC", "VPC")
DEFAULT_ENTRY_POINT: Final = ("agent_main.py",)
DEFAULT_IDLE: Final = AGENTCORE_DEFAULT_IDLE
DEFAULT_LIFETIME: Final = AGENTCORE_DEFAULT_LIFETIME
_IMAGE: Final = re.compile(
    rf"\d{{12}}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?P<suffix>{SUFFIX})/[a-z0-9][a-z0-9._/-]*(?:[:@].+)?"
)


class AgentRuntimeArgs(TypedDict):
    journal: JournalRef
    """Journal of the runs. With agents the code writes runs to it; without, it only adds files to them."""
    code: NotRequired[CodeRef]
    """Zip with the code, which is uploaded to a bucket of its own. Give one of code, s3_code and image_uri."""
    s3_code: NotRequired[S3CodeRef]
    """Zip that is in S3 already."""
    image_uri: NotRequired[pulumi.Input[str]]
    """Image for linux/arm64 in ECR, by digest or tag."""
    entry_point: NotRequired[list[str]]
    """The command that starts the code: a .py file at the zip's root, after at most one word; default agent_main.py."""
    protocol: NotRequired[str]
    """HTTP (default, an agent) or MCP (a server of tools, stateless, port 8000, path /mcp)."""
    agents: NotRequired[list[str]]
    """Agents that the code runs; none for a server of tools."""
    data: NotRequired[DataRef]
    """Bucket with the agents' data, which the code reads."""
    model: NotRequired[ModelArgs]
    """Model of the agents, which need one."""
    mcp_servers: NotRequired[list[str]]
    """http(s) URLs of MCP servers whose tools the agents get."""
    data_credentials: NotRequired[SecretRef]
    """Secret with the credentials of mcp_servers, headers by URL, which the code reads; default: none are sent."""
    mcp_runtimes: NotRequired[dict[str, McpRef]]
    """MCP servers on AgentCore, by the name under which an agent's module asks for them."""
    websocket: NotRequired[WebSocketRef]
    """WebSocket API to whose connections the agents post frames."""
    question_timeout: NotRequired[int]
    """Seconds after which a question of an agent expires that names no time of its own, 60 to 604800; default
    86400."""
    idle_seconds: NotRequired[int]
    """Seconds without work after which a session ends, 60 to 28800; default 900."""
    lifetime_seconds: NotRequired[int]
    """Seconds after which a session ends in any case, idle_seconds to 28800; default 28800."""
    network_mode: NotRequired[str]
    """PUBLIC (default) or VPC."""
    subnets: NotRequired[list[pulumi.Input[str]]]
    """Private subnets of the sessions, 1 to 16; VPC only."""
    security_groups: NotRequired[list[pulumi.Input[str]]]
    """Security groups of the sessions, 1 to 16; VPC only."""
    vpc_id: NotRequired[pulumi.Input[str]]
    """VPC in which gateway endpoints for S3 and DynamoDB are created, with route_table_ids; VPC only. Model, logs and
    traces need interface endpoints or a NAT gateway as well, which are not created here."""
    route_table_ids: NotRequired[list[pulumi.Input[str]]]
    """Route tables of the subnets; VPC only."""
    has_routes: NotRequired[bool]
    """Whether the subnets reach S3 and DynamoDB already, by NAT gateway or endpoints; default false; VPC only."""
    traces_endpoint: NotRequired[str]
    """http(s) address of a collector, to whose /v1/traces spans are sent (OTLP/HTTP); default: the code decides."""
    traces_keys: NotRequired[SecretRef]
    """Secret with the collector's keys, which the code reads at run time; default: none are sent."""
    variables: NotRequired[dict[str, pulumi.Input[str]]]
    """More environment variables, for the agents' tools."""
    log_retention_days: NotRequired[int]
    """Days that the logs are kept; default 14."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of every resource that has tags."""


def validate(args: AgentRuntimeArgs) -> list[str]:
    """One message for each argument that AWS, or the code, would reject later."""
    return [
        *_artifact_problems(args),
        *choice_problems("protocol", args.get("protocol"), PROTOCOLS),
        *lifecycle_problems(args.get("idle_seconds", DEFAULT_IDLE), args.get("lifetime_seconds", DEFAULT_LIFETIME)),
        *_agent_problems(args),
        *question_timeout_problems(args.get("question_timeout"), args["journal"]),
        *_address_problems(args),
        *mcp_runtime_problems(args.get("mcp_runtimes", {})),
        *_network_problems(args),
        *environment_problems(args.get("variables", {})),
        *retention_problems(args.get("log_retention_days", DEFAULT_LOG_RETENTION)),
        *tag_problems(args.get("tags"), is_ascii=True),
    ]


def _artifact_problems(args: AgentRuntimeArgs) -> list[str]:
    given = [name for name in ("code", "s3_code", "image_uri") if name in args]
    if len(given) != 1:
        return [f"{' and '.join(given) or 'no code'} is given; give one of code, s3_code, image_uri"]
    if "image_uri" in args:
        return [*_image_problems(args["image_uri"], provider_region()), *_unused(args, "image_uri", "entry_point")]
    words = args.get("entry_point", list(DEFAULT_ENTRY_POINT))
    problems = _entry_problems(words)
    if "s3_code" in args:
        return [*problems, *choice_problems("s3_code.runtime", args["s3_code"]["runtime"], RUNTIMES)]
    code = code_problems("code", args["code"])
    return [*problems, *(code or ([] if problems else _root_problems(args["code"]["path"], words[-1])))]


def _image_problems(uri: pulumi.Input[str], region: str) -> list[str]:
    if not isinstance(uri, str):
        return []
    match = _IMAGE.fullmatch(uri)
    if match is None:
        return [f"image_uri is {uri!r}; allowed: an image in Amazon ECR, account.dkr.ecr.region.amazonaws.com/name:tag"]
    if match["region"] != region:
        return [f"image_uri is {uri!r}, in {match['region']}; allowed: an image in {region}, the stack's region"]
    suffix = partition_of(region).suffix
    return [] if match["suffix"] == suffix else [f"image_uri is {uri!r}; registries in {region} end in {suffix}"]


def _entry_problems(words: Sequence[str]) -> list[str]:
    fits = AGENTCORE_ENTRY_POINT.allows(len(words)) and all(AGENTCORE_ENTRY_WORD.allows(len(word)) for word in words)
    if fits and words[-1].endswith(".py") and "/" not in words[-1]:
        return []
    return [f"entry_point is {list(words)!r}; allowed: a .py file at the zip's root, after at most one command"]


def _root_problems(path: str, entry: str) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return [f"code.path is {path!r}, which is not a zip; build it with PythonPackage"]
    if entry in names:
        return []
    return [f"entry_point is {entry!r}, which is not at the root of {path!r}; AgentCore starts it from there"]


def _agent_problems(args: AgentRuntimeArgs) -> list[str]:
    agents = args.get("agents", [])
    found = [f"agents has {name!r}; allowed: names of Python modules" for name in agents if not name.isidentifier()]
    return [*found, "agents is given without model; agents need one"] if agents and "model" not in args else found


def _network_problems(args: AgentRuntimeArgs) -> list[str]:
    mode = args.get("network_mode", "PUBLIC")
    own = ("subnets", "security_groups", "vpc_id", "route_table_ids", "has_routes")
    if mode != "VPC":
        return [*choice_problems("network_mode", mode, NETWORKS), *_unused(args, "network_mode PUBLIC", *own)]
    problems = [
        f"{name} holds {len(found)}; allowed: {AGENTCORE_SUBNETS} when network_mode is VPC"
        for name, found in (("subnets", args.get("subnets", [])), ("security_groups", args.get("security_groups", [])))
        if not AGENTCORE_SUBNETS.allows(len(found))
    ]
    if args.get("has_routes", False) or (args.get("route_table_ids") and "vpc_id" in args):
        return problems
    return [
        *problems,
        "network_mode is VPC without a route to S3, from which a session loads its code; give vpc_id and "
        "route_table_ids for gateway endpoints, or has_routes when the subnets have a route",
    ]


def _address_problems(args: AgentRuntimeArgs) -> list[str]:
    """What sessions could not call: the model, MCP servers, the collector of spans."""
    is_private = args.get("network_mode") == "VPC"
    model = args.get("model")
    return [
        *(model_problems(model, provider_region(), is_private_network=is_private) if model else []),
        *mcp_server_problems(args.get("mcp_servers", []), is_private_network=is_private),
        *traces_problems(args.get("traces_endpoint", ""), is_private_network=is_private),
    ]


def _unused(args: AgentRuntimeArgs, given: str, *names: str) -> list[str]:
    return [f"{name} is given, which {given} does not use; leave it out" for name in names if name in args]
