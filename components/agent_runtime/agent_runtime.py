"""Code on Bedrock AgentCore: the runtime, an endpoint pinned to the version just created, role and logs."""

from typing import Final

import pulumi
from pulumi_aws import bedrock, cloudwatch, iam

from components.agent_runtime.args import DEFAULT_IDLE, DEFAULT_LIFETIME, AgentRuntimeArgs, validate
from components.agent_runtime.artifact import artifact, artifact_kind, upload_code
from components.agent_runtime.name import runtime_name
from components.agent_runtime.network import create_routes, network_configuration
from components.agent_runtime.permissions import LOG_GROUPS
from components.agent_runtime.role import create_policy, create_role
from components.agent_runtime.variables import runtime_variables
from components.build_context import BuildContext
from components.refs import HostRef, McpRef, MonitoringRef, RunLogRef, S3CodeRef
from components.validation import form_problems, require_valid
from policies.rules.agentcore.runtime_environment import environment_problems

RuntimeContext = BuildContext[AgentRuntimeArgs]
ENDPOINT: Final = "live"


class AgentRuntime(pulumi.ComponentResource):
    """Code or an image that AgentCore runs in a microVM of its own for each session, for up to eight hours."""

    arn: pulumi.Output[str]
    """ARN of the runtime."""
    runtime_id: pulumi.Output[str]
    """AgentCore's id of the runtime: its name and a suffix."""
    version: pulumi.Output[str]
    """Version that the endpoint serves."""
    endpoint: pulumi.Output[str]
    """Name of the endpoint, known once it serves."""
    log_group: pulumi.Output[str]
    """Name of the log group of the endpoint's sessions."""
    role_name: pulumi.Output[str]
    """Name of the role of the code."""
    code_bucket: pulumi.Output[str]
    """Name of the bucket of the zip, known once it is uploaded; empty for an image."""
    code_key: pulumi.Output[str]
    """Key of the zip in it."""

    def __init__(self, name: str, args: AgentRuntimeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid(
            "AgentRuntime",
            name,
            form_problems(args, AgentRuntimeArgs) or validate(args) or environment_problems(runtime_variables(args)),
        )
        super().__init__("longrun:index:AgentRuntime", name, None, opts)
        context = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        physical = runtime_name(pulumi.get_project(), pulumi.get_stack(), name, artifact_kind(args))
        self._component = name
        self._agents = args.get("agents", [])
        self._lifetime = args.get("lifetime_seconds", DEFAULT_LIFETIME)
        self._code = upload_code(context)
        role = create_role(context)
        before = [create_policy(context, role, physical), *create_routes(context)]
        runtime = _create_runtime(context, physical, self._code, role, before)
        logs = _create_logs(context, runtime)
        endpoint = _create_endpoint(context, runtime, logs)
        self.arn = runtime.agent_runtime_arn
        self.runtime_id = runtime.agent_runtime_id
        self.version = runtime.agent_runtime_version
        self.endpoint = endpoint.name
        self.log_group = logs.name
        self.role_name = role.name
        self.code_bucket = pulumi.Output.from_input(self._code["bucket"])
        self.code_key = pulumi.Output.from_input(self._code["key"])
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})

    @property
    def ref(self) -> HostRef:
        """The runtime, for a component that invokes its agents."""
        return {
            "arn": self.arn,
            "endpoint": self.endpoint,
            "agents": self._agents,
            "log_group": self.log_group,
            "role_name": self.role_name,
            "lifetime_seconds": self._lifetime,
        }

    @property
    def mcp_ref(self) -> McpRef:
        """The runtime with protocol MCP, for components that call its tools."""
        return {"arn": self.arn, "endpoint": self.endpoint}

    @property
    def monitoring(self) -> MonitoringRef:
        """The log of sessions that run agents."""
        log: RunLogRef = {"role": "sessions", "log_group": self.log_group, "runs_agents": bool(self._agents)}
        return {"component": self._component, "run_logs": [log]}

    @property
    def code_ref(self) -> S3CodeRef:
        """The uploaded zip, for a second runtime with the same code."""
        return {"bucket": self.code_bucket, "key": self.code_key, "runtime": self._code["runtime"]}


OUTPUTS: Final = tuple(AgentRuntime.__annotations__)


def _create_runtime(
    context: RuntimeContext, name: str, code: S3CodeRef, role: iam.Role, before: list[pulumi.Resource]
) -> bedrock.AgentcoreAgentRuntime:
    args = context.args
    lifecycle: bedrock.AgentcoreAgentRuntimeLifecycleConfigurationArgsDict = {
        "idle_runtime_session_timeout": args.get("idle_seconds", DEFAULT_IDLE),
        "max_lifetime": args.get("lifetime_seconds", DEFAULT_LIFETIME),
    }
    # An update replaces all settings of a runtime, so each is set, defaults included.
    return bedrock.AgentcoreAgentRuntime(
        context.child("runtime"),
        agent_runtime_name=name,
        agent_runtime_artifact=artifact(args, code),
        role_arn=role.arn,
        network_configuration=network_configuration(args),
        protocol_configuration={"server_protocol": args.get("protocol", "HTTP")},
        lifecycle_configurations=[lifecycle],
        environment_variables=dict(sorted(runtime_variables(args).items())),
        tags=context.tags,
        # Without its permissions or its route to the code, a session fails without a reason in any log.
        opts=context.after(*before),
    )


def _create_logs(context: RuntimeContext, runtime: bedrock.AgentcoreAgentRuntime) -> cloudwatch.LogGroup:
    """The group of the endpoint's sessions, created first: otherwise AgentCore creates one that never expires."""
    return cloudwatch.LogGroup(
        context.child("logs"),
        name=runtime.agent_runtime_id.apply(lambda known: f"{LOG_GROUPS}/{known}-{ENDPOINT}"),
        retention_in_days=context.log_retention_days,
        tags=context.tags,
        opts=context.opts,
    )


def _create_endpoint(
    context: RuntimeContext, runtime: bedrock.AgentcoreAgentRuntime, logs: cloudwatch.LogGroup
) -> bedrock.AgentcoreAgentRuntimeEndpoint:
    # Without the version, the endpoint would stay on its first one.
    return bedrock.AgentcoreAgentRuntimeEndpoint(
        context.child("endpoint"),
        name=ENDPOINT,
        agent_runtime_id=runtime.agent_runtime_id,
        agent_runtime_version=runtime.agent_runtime_version,
        tags=context.tags,
        opts=context.after(logs),
    )
