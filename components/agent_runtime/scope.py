"""An AgentRuntime under construction."""

from dataclasses import dataclass

import pulumi

from components.agent_runtime.args import AgentRuntimeArgs
from components.agent_runtime.name import runtime_name
from components.functions.platform import DEFAULT_LOG_RETENTION
from components.functions.scope import Scope


@dataclass(frozen=True, slots=True)
class RuntimeScope(Scope):
    """What its builders need: the arguments, and the name that AgentCore will know it by."""

    args: AgentRuntimeArgs
    runtime_name: str

    @classmethod
    def of(cls, name: str, args: AgentRuntimeArgs, opts: pulumi.ResourceOptions) -> "RuntimeScope":
        artefact = "image" if "image_uri" in args else "code"
        return cls(
            name,
            opts,
            args.get("tags", {}),
            args.get("log_retention_days", DEFAULT_LOG_RETENTION),
            args,
            runtime_name(pulumi.get_project(), pulumi.get_stack(), name, artefact),
        )
