"""PollingWorkflow: an event bus, a state machine and three functions that carry background runs to their end."""

from components.polling_workflow.args import AgentHostArgs, PollingWorkflowArgs
from components.polling_workflow.polling_workflow import PollingWorkflow

__all__ = ["AgentHostArgs", "PollingWorkflow", "PollingWorkflowArgs"]
