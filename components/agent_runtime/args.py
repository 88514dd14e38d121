"""What AgentRuntime is given, and what of it AWS would refuse."""

import re
import zipfile
from collections.abc import Sequence
from typing import Final, NotRequired, TypedDict
from urllib.parse import urlsplit

import pulumi

from components.functions.platform import DEFAULT_LOG_RETENTION, RUNTIMES, package_problems, retention_problems
from components.mcp_runtime import McpRuntimeArgs, mcp_runtime_problems
from components.model_access import Model
from components.validation import choice_problems, tag_problems
from policies.rules.agentcore.runtime_environment import environment_problems
from policies.rules.agentcore.runtime_lifecycle import lifecycle_problems
from policies.rules.aws_limits import AGENTCORE_ENTRY_POINT, AGENTCORE_ENTRY_WORD, AGENTCORE_SUBNETS

PROTOCOLS: Final = ("HTTP", "MCP")
NETWORKS: Final = ("PUBLIC", "VPC")
DEFAULT_ENTRY_POINT: Final = ("agent_main.py",)
DEFAULT_RUN_RETENTION: Final = 30
DEFAULT_IDLE: Final = 900
DEFAULT_LIFETIME: Final = 28_800
_IMAGE: Final = re.compile(
    r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/[a-z0-9][a-z0-9._/-]*(?:[:@].+)?"
)


class AgentRuntimeArgs(TypedDict):
    package: NotRequired[str]
    """Path of a zip with the code, which is stored in a bucket of its own. Give this, or where code is stored, or an
    image."""
    code_bucket: NotRequired[pulumi.Input[str]]
    """Name of a bucket that holds the zip already, with code_key."""
    code_key: NotRequired[pulumi.Input[str]]
    """Key of the zip in that bucket."""
    image_uri: NotRequired[pulumi.Input[str]]
    """Image for linux/arm64 in ECR, by digest or tag."""
    entry_point: NotRequired[list[str]]
    """What starts the code: a .py file at the zip's root, after at most one command; default agent_main.py."""
    runtime: NotRequired[str]
    """Python that the zip was built for, as Lambda names it: python3.11 to python3.14 (default python3.13)."""
    protocol: NotRequired[str]
    """HTTP (default, an agent) or MCP (a server of tools, stateless, port 8000, path /mcp)."""
    region: str
    """The stack's region; the model is asked there too."""
    account_arn: pulumi.Input[str]
    """ARN of any resource of this account: for this account and region alone may AgentCore take the role."""
    policies: NotRequired[list[pulumi.Input[str]]]
    """IAM documents (JSON) of what the code may do: its journal, its data."""
    agents: NotRequired[list[str]]
    """Agents that the code hosts; none for a server of tools."""
    table_name: NotRequired[pulumi.Input[str]]
    """Name of the journal's table."""
    payload_bucket: NotRequired[pulumi.Input[str]]
    """Name of the journal's payload bucket, which also holds what runs make."""
    run_retention_days: NotRequired[int]
    """Days after which what the runtime writes expires; default 30."""
    data_bucket: NotRequired[pulumi.Input[str]]
    """Name of the bucket with the agents' data."""
    model_provider: NotRequired[str]
    """bedrock or openai; without it the code asks no model."""
    model_id: NotRequired[str]
    """Bedrock model id, inference profile or ARN; for openai the name the API knows."""
    model_url: NotRequired[str]
    """Base URL of the OpenAI-compatible API; openai only."""
    model_secret_arn: NotRequired[str]
    """ARN of the secret with the API key; openai only."""
    mcp_servers: NotRequired[list[str]]
    """http(s) URLs of MCP servers whose tools the agents get."""
    mcp_runtimes: NotRequired[dict[str, McpRuntimeArgs]]
    """MCP servers on AgentCore, by the name under which an agent's module asks for them."""
    callback_url: NotRequired[pulumi.Input[str]]
    """Address at which frames are posted to the connections of a WebSocket API, with connections_arn."""
    connections_arn: NotRequired[pulumi.Input[str]]
    """What posting to them is allowed on."""
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
    """VPC in which gateway endpoints for S3 and DynamoDB are made, with route_table_ids; VPC only. Model, logs and
    traces need interface endpoints or a NAT gateway besides, which are the network's own."""
    route_table_ids: NotRequired[list[pulumi.Input[str]]]
    """Route tables of the subnets; VPC only."""
    has_routes: NotRequired[bool]
    """Whether the subnets reach S3 and DynamoDB already, by NAT gateway or endpoints; default false; VPC only."""
    traces_endpoint: NotRequired[str]
    """http(s) address to which spans are sent (OTLP over HTTP); default: as the code itself decides."""
    variables: NotRequired[dict[str, pulumi.Input[str]]]
    """More environment variables, for the agents' tools."""
    log_retention_days: NotRequired[int]
    """Days the logs are kept; default 14."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of everything that takes tags."""


def problems_of(args: AgentRuntimeArgs) -> list[str]:
    """One sentence for each argument that AWS, or the code, would refuse later."""
    return [
        *_artefact_problems(args),
        *choice_problems("runtime", args.get("runtime"), RUNTIMES),
        *choice_problems("protocol", args.get("protocol"), PROTOCOLS),
        *lifecycle_problems(args.get("idle_seconds", DEFAULT_IDLE), args.get("lifetime_seconds", DEFAULT_LIFETIME)),
        *_agent_problems(args.get("agents", [])),
        *(Model.of(args).problems() if "model_provider" in args and "model_id" in args else []),
        *(_together(args, "table_name", "payload_bucket") if "table_name" in args else []),
        *_together(args, "model_provider", "model_id"),
        *_together(args, "callback_url", "connections_arn"),
        *mcp_runtime_problems(args.get("mcp_runtimes", {})),
        *_network_problems(args),
        *_traces_problems(args.get("traces_endpoint", "")),
        *environment_problems(args.get("variables", {})),
        *retention_problems(args.get("log_retention_days", DEFAULT_LOG_RETENTION)),
        *tag_problems(args.get("tags")),
    ]


def _artefact_problems(args: AgentRuntimeArgs) -> list[str]:
    given = [name for name in ("package", "code_bucket", "image_uri") if name in args]
    if len(given) != 1:
        found = " and ".join(given) or "nothing to run"
        return [f"{found} is given; give one of package, code_bucket with code_key, image_uri"]
    if "image_uri" in args:
        return [
            *_image_problems(args["image_uri"], args["region"]),
            *_unused(args, "image_uri", "entry_point", "runtime"),
        ]
    words = args.get("entry_point", list(DEFAULT_ENTRY_POINT))
    problems = [*_together(args, "code_bucket", "code_key"), *_entry_problems(words)]
    if "package" not in args:
        return problems
    missing = package_problems("package", args["package"])
    return [*problems, *(missing or ([] if problems else _root_problems(args["package"], words[-1])))]


def _image_problems(uri: pulumi.Input[str], region: str) -> list[str]:
    if not isinstance(uri, str):
        return []
    match = _IMAGE.fullmatch(uri)
    if match is None:
        return [f"image_uri is {uri!r}; allowed: an image in Amazon ECR, account.dkr.ecr.region.amazonaws.com/name:tag"]
    if match["region"] != region:
        return [f"image_uri is {uri!r}, in {match['region']}; allowed: an image in {region}, the stack's region"]
    return []


def _entry_problems(words: Sequence[str]) -> list[str]:
    fits = AGENTCORE_ENTRY_POINT.allows(len(words)) and all(AGENTCORE_ENTRY_WORD.allows(len(word)) for word in words)
    if fits and words[-1].endswith(".py") and "/" not in words[-1]:
        return []
    return [f"entry_point is {list(words)!r}; allowed: a .py file at the zip's root, after at most one command"]


def _root_problems(package: str, entry: str) -> list[str]:
    try:
        with zipfile.ZipFile(package) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return [f"package is {package!r}, which is no zip; build it with PythonPackage"]
    if entry in names:
        return []
    return [f"entry_point is {entry!r}, which is not at the root of {package!r}; AgentCore starts it from there"]


def _agent_problems(agents: Sequence[str]) -> list[str]:
    return [f"agents has {name!r}; allowed: names of Python modules" for name in agents if not name.isidentifier()]


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
        "network_mode is VPC without a route to S3, from where a session takes its code; give vpc_id and "
        "route_table_ids for gateway endpoints, or has_routes when the subnets have a route",
    ]


def _traces_problems(url: str) -> list[str]:
    parts = urlsplit(url)
    if not url or (parts.scheme in {"http", "https"} and parts.hostname):
        return []
    return [f"traces_endpoint is {url!r}; allowed: an http or https URL"]


def _together(args: AgentRuntimeArgs, *names: str) -> list[str]:
    given = [name for name in names if name in args]
    missing = [name for name in names if name not in args]
    return [f"{given[0]} is given without {missing[0]}; give both or neither"] if given and missing else []


def _unused(args: AgentRuntimeArgs, beside: str, *names: str) -> list[str]:
    return [f"{name} is given, which {beside} has no use for; leave it out" for name in names if name in args]
