"""A PollingWorkflow under construction."""

from dataclasses import dataclass

import pulumi

from components.functions.platform import DEFAULT_LOG_RETENTION
from components.functions.scope import Scope
from components.polling_workflow.args import PollingWorkflowArgs


@dataclass(frozen=True, slots=True)
class WorkflowScope(Scope):
    """What its builders need, the arguments among it."""

    args: PollingWorkflowArgs

    @classmethod
    def of(cls, name: str, args: PollingWorkflowArgs, opts: pulumi.ResourceOptions) -> "WorkflowScope":
        return cls(name, opts, args.get("tags", {}), args.get("log_retention_days", DEFAULT_LOG_RETENTION), args)
