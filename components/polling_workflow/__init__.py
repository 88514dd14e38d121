"""PollingWorkflow: an event bus, a state machine and three functions that run agents in the background."""

from components.polling_workflow.args import PollingWorkflowArgs
from components.polling_workflow.polling_workflow import PollingWorkflow

__all__ = ["PollingWorkflow", "PollingWorkflowArgs"]
