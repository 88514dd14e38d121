"""ReactWorkflow: a state machine and its functions, which run an agent step by step."""

from components.react_workflow.args import ReactTools, ReactWorkflowArgs
from components.react_workflow.react_workflow import ReactWorkflow

__all__ = ["ReactTools", "ReactWorkflow", "ReactWorkflowArgs"]
