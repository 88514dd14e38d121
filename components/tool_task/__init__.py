"""ToolTask: tools of the catalogue in containers on Fargate."""

from components.tool_task.args import ToolTaskArgs
from components.tool_task.tool_task import ToolTask

__all__ = ["ToolTask", "ToolTaskArgs"]
