"""Why a tool call has no result. The class is the error's name in the state machine, the message is for the model."""


class ToolFailedError(Exception):
    """The tool raised an error that it did not expect."""


class ToolExitedError(Exception):
    """The process of the tool ended before it had a result."""


class ToolKilledError(Exception):
    """The process of the tool was killed."""


class ToolOutOfMemoryError(Exception):
    """The tool needed more memory than there is."""


class ToolTimeoutError(Exception):
    """The tool did not end within its longest time."""


class TaskStoppedError(Exception):
    """ECS stopped the task."""


class UnknownJobError(Exception):
    """The journal has no such job."""
