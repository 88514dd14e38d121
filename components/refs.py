"""References: what one component hands to another, each returned by a property `ref`.

A reference holds names and ARNs, from which the receiver derives its own permissions. It is a TypedDict of inputs and
never a registered output, because Pulumi's analyzer accepts neither a component nor one Output of an object.
"""

from typing import NotRequired, TypedDict

import pulumi


class CodeRef(TypedDict):
    """A zip on this machine: `BuiltPackage.ref`."""

    path: str
    """Path of the zip."""
    runtime: str
    """Python that it was built for, as Lambda names it: python3.11 to python3.14."""
    architecture: str
    """CPU that it was built for: arm64 or x86_64."""
    tree: NotRequired[str]
    """Path of a folder with the same files, which an image is made from."""


class ImageRef(TypedDict):
    """An image for a function: `ContainerImage.ref`, or one that is there already."""

    uri: pulumi.Input[str]
    """Its address by digest, without a tag: registry/repository@sha256:..."""
    architecture: str
    """CPU that it was built for: arm64 or x86_64."""
    entry_point: NotRequired[list[str]]
    """Program that starts, by its absolute path, and its arguments; with command and working_directory, or without
    both for what the image itself states."""
    command: NotRequired[list[str]]
    """More arguments of the program."""
    working_directory: NotRequired[str]
    """Folder in which it starts, by its absolute path."""


class S3CodeRef(TypedDict):
    """A zip in S3: `AgentRuntime.code_ref`."""

    bucket: pulumi.Input[str]
    """Name of the bucket."""
    key: pulumi.Input[str]
    """Key of the zip in the bucket, known once it is uploaded."""
    runtime: str
    """Python that it was built for, as Lambda names it: python3.11 to python3.14."""


class JournalRef(TypedDict):
    """The journal: `JournalTable.ref`."""

    table_name: pulumi.Input[str]
    """Name of the table."""
    table_arn: pulumi.Input[str]
    """ARN of the table."""
    payload_bucket: pulumi.Input[str]
    """Name of the bucket for data over 300 KB and for files of runs."""
    payload_bucket_arn: pulumi.Input[str]
    """ARN of that bucket."""
    retention_days: int
    """Days after its last write that an item expires."""


class DataRef(TypedDict):
    """The agents' data: `DataBucket.ref`."""

    bucket_name: pulumi.Input[str]
    """Name of the bucket."""
    bucket_arn: pulumi.Input[str]
    """ARN of the bucket."""


class SecretRef(TypedDict):
    """One secret of a SecretStore."""

    name: str
    """Its name."""
    arn: pulumi.Input[str]
    """Its ARN."""


class WebSocketRef(TypedDict):
    """The connections of a WebSocket API: `StreamingLambda.ref`."""

    callback_url: pulumi.Input[str]
    """Address at which frames are posted to connections."""
    connections_arn: pulumi.Input[str]
    """Resource on which posting to connections is allowed."""
    gateway_role: pulumi.Input[str]
    """Name of the gateway's role, which passes answers on to the state machines that wait for them."""
    worker_function: pulumi.Input[str]
    """Name of the worker, which whoever ends a run invokes for the next one of its session."""


class McpRef(TypedDict):
    """An MCP server on AgentCore: `AgentRuntime.mcp_ref`."""

    arn: pulumi.Input[str]
    """ARN of an AgentCore runtime with protocol MCP."""
    endpoint: pulumi.Input[str]
    """Name of its endpoint."""


class HostRef(TypedDict):
    """An AgentCore runtime that runs agents: `AgentRuntime.ref`."""

    arn: pulumi.Input[str]
    """ARN of an AgentCore runtime with protocol HTTP."""
    endpoint: pulumi.Input[str]
    """Name of its endpoint."""
    agents: list[str]
    """Agents that it runs."""
    log_group: pulumi.Input[str]
    """Name of the log group of its sessions."""
    role_name: pulumi.Input[str]
    """Name of the role of its code."""
    lifetime_seconds: int
    """Seconds that one of its sessions lives."""


class FunctionRef(TypedDict):
    """A Lambda function that `Operations` watches and `longrun status` shows."""

    role: str
    """Its role in its component, such as worker."""
    name: pulumi.Input[str]
    """Name of the function."""
    log_group: pulumi.Input[str]
    """Name of its log group."""
    timeout: int
    """Seconds that an invocation may take."""
    runs_agents: NotRequired[bool]
    """Whether agents work in it, so that its log has the time to their first text; default false."""


class RunLogRef(TypedDict):
    """The log of a process that is no Lambda function and ends runs."""

    role: str
    """Its role in its component, such as sessions."""
    log_group: pulumi.Input[str]
    """Name of its log group."""
    runs_agents: NotRequired[bool]
    """As in FunctionRef."""


class QueueRef(TypedDict):
    """A queue that `Operations` watches and `longrun status` shows."""

    role: str
    """Its role in its component, such as failures."""
    name: pulumi.Input[str]
    """Name of the queue."""
    url: pulumi.Input[str]
    """URL of the queue."""
    is_read: bool
    """Whether a function reads it; each message of a queue that none reads is for a person."""


class TableRef(TypedDict):
    """A DynamoDB table that `Operations` watches and `longrun status` shows."""

    role: str
    """Its role in its component, such as journal."""
    name: pulumi.Input[str]
    """Name of the table."""


class StateMachineRef(TypedDict):
    """A state machine that `Operations` watches and `longrun status` shows."""

    role: str
    """Its role in its component, such as machine."""
    arn: pulumi.Input[str]
    """ARN of the state machine."""


class MonitoringRef(TypedDict):
    """What is to be watched of a component: its property `monitoring`."""

    component: str
    """Name of the component."""
    functions: NotRequired[list[FunctionRef]]
    """Its functions; each may end runs."""
    run_logs: NotRequired[list[RunLogRef]]
    """Logs of its other processes that end runs."""
    queues: NotRequired[list[QueueRef]]
    """Its queues."""
    tables: NotRequired[list[TableRef]]
    """Its tables."""
    state_machines: NotRequired[list[StateMachineRef]]
    """Its state machines."""


class ToolTaskRef(TypedDict):
    """A task on Fargate that runs tools: `ToolTask.ref`."""

    cluster_arn: pulumi.Input[str]
    """ARN of the cluster in which it runs."""
    task_definition_arn: pulumi.Input[str]
    """ARN of the task definition without a revision: the newest one runs, also for an execution that has waited for
    days, in which its own revision may have been replaced and so deregistered."""
    container: str
    """Name of the container that gets the overrides."""
    role_arn: pulumi.Input[str]
    """ARN of the role of the tools, which whoever runs the task passes on."""
    role_name: pulumi.Input[str]
    """Name of that role, for the permission to report to a state machine."""
    execution_role_arn: pulumi.Input[str]
    """ARN of the role as which ECS starts the task, which whoever runs the task passes on."""
    subnets: pulumi.Input[list[str]]
    """Subnets of the task."""
    security_groups: pulumi.Input[list[str]]
    """Security groups of the task."""
    assign_public_ip: bool
    """Whether the task gets a public address."""
    spot: bool
    """Whether it runs on spare capacity: by the capacity provider FARGATE_SPOT, not by a launch type."""
    tools: list[str]
    """Tools that it runs."""
    longest_seconds: int
    """Seconds of the longest call of any of them, without the start of the task."""
