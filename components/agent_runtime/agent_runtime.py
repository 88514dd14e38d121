"""An agent on Bedrock AgentCore: the runtime, an endpoint that stays on the version just made, role and logs."""

from typing import Final

import pulumi
from pulumi_aws import bedrock, cloudwatch, iam

from components.agent_runtime.args import DEFAULT_IDLE, DEFAULT_LIFETIME, AgentRuntimeArgs, problems_of
from components.agent_runtime.artefact import StoredCode, artefact, create_code
from components.agent_runtime.network import create_routes, network_configuration
from components.agent_runtime.permissions import LOG_GROUPS, Place, trust
from components.agent_runtime.role import create_policy
from components.agent_runtime.scope import RuntimeScope
from components.agent_runtime.variables import runtime_variables
from components.validation import require_valid
from policies.rules.agentcore.runtime_environment import environment_problems

ENDPOINT: Final = "live"


class AgentRuntime(pulumi.ComponentResource):
    """Code or an image that AgentCore starts in a microVM of its own for each session, for up to eight hours."""

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
    """Name of the role that the code acts as."""
    code_bucket: pulumi.Output[str]
    """Name of the bucket that holds the zip, known once it does; empty for an image."""
    code_key: pulumi.Output[str]
    """Key of the zip in it."""

    def __init__(self, name: str, args: AgentRuntimeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid("AgentRuntime", name, problems_of(args) or environment_problems(runtime_variables(args)))
        super().__init__("longrun:index:AgentRuntime", name, None, opts)
        scope = RuntimeScope.of(name, args, pulumi.ResourceOptions(parent=self))
        code = create_code(scope)
        role = _create_role(scope)
        runtime = _create_runtime(scope, code, role, [create_policy(scope, role), *create_routes(scope)])
        logs = _create_logs(scope, runtime)
        endpoint = _create_endpoint(scope, runtime, logs)
        self.arn = runtime.agent_runtime_arn
        self.runtime_id = runtime.agent_runtime_id
        self.version = runtime.agent_runtime_version
        self.endpoint = endpoint.name
        self.log_group = logs.name
        self.role_name = role.name
        self.code_bucket = pulumi.Output.from_input(code.bucket)
        self.code_key = pulumi.Output.from_input(code.key)
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})


OUTPUTS: Final = tuple(AgentRuntime.__annotations__)


def _create_role(scope: RuntimeScope) -> iam.Role:
    account: pulumi.Output[str] = pulumi.Output.from_input(scope.args["account_arn"])
    return iam.Role(
        scope.child("role"),
        assume_role_policy=account.apply(lambda arn: trust(Place.of(arn, scope.args["region"]))),
        tags=scope.tags,
        opts=scope.opts,
    )


def _create_runtime(
    scope: RuntimeScope, code: StoredCode, role: iam.Role, before: list[pulumi.Resource]
) -> bedrock.AgentcoreAgentRuntime:
    args = scope.args
    lifecycle: bedrock.AgentcoreAgentRuntimeLifecycleConfigurationArgsDict = {
        "idle_runtime_session_timeout": args.get("idle_seconds", DEFAULT_IDLE),
        "max_lifetime": args.get("lifetime_seconds", DEFAULT_LIFETIME),
    }
    # An update replaces all of a runtime's settings, so each is set, the defaults among them.
    return bedrock.AgentcoreAgentRuntime(
        scope.child("runtime"),
        agent_runtime_name=scope.runtime_name,
        agent_runtime_artifact=artefact(scope, code),
        role_arn=role.arn,
        network_configuration=network_configuration(scope),
        protocol_configuration={"server_protocol": args.get("protocol", "HTTP")},
        lifecycle_configurations=[lifecycle],
        environment_variables=dict(sorted(runtime_variables(args).items())),
        tags=scope.tags,
        # A session that starts before its permissions, or its route to the code, fails in ways that tell nobody why.
        opts=scope.after(*before),
    )


def _create_logs(scope: RuntimeScope, runtime: bedrock.AgentcoreAgentRuntime) -> cloudwatch.LogGroup:
    """The group that AgentCore writes the endpoint's sessions to, made first: otherwise it makes one without end."""
    return cloudwatch.LogGroup(
        scope.child("logs"),
        name=runtime.agent_runtime_id.apply(lambda known: f"{LOG_GROUPS}/{known}-{ENDPOINT}"),
        retention_in_days=scope.log_retention_days,
        tags=scope.tags,
        opts=scope.opts,
    )


def _create_endpoint(
    scope: RuntimeScope, runtime: bedrock.AgentcoreAgentRuntime, logs: cloudwatch.LogGroup
) -> bedrock.AgentcoreAgentRuntimeEndpoint:
    # Without the version the endpoint would stay for ever on the one it was made with.
    return bedrock.AgentcoreAgentRuntimeEndpoint(
        scope.child("endpoint"),
        name=ENDPOINT,
        agent_runtime_id=runtime.agent_runtime_id,
        agent_runtime_version=runtime.agent_runtime_version,
        tags=scope.tags,
        opts=scope.after(logs),
    )
