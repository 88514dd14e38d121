"""The exception that the sandbox raises to its callers: a stable code and a message."""

from enum import StrEnum


class SandboxCode(StrEnum):
    """Stable codes: programs branch on these, people read the message."""

    ALREADY_RUNNING = "ALREADY_RUNNING"
    PORT_IN_USE = "PORT_IN_USE"
    EMULATOR_DEAD = "EMULATOR_DEAD"
    ENVIRONMENT_FAILED = "ENVIRONMENT_FAILED"
    INVALID_CONFIG = "INVALID_CONFIG"
    NO_PROGRAM = "NO_PROGRAM"
    UNSUPPORTED_RUNTIME = "UNSUPPORTED_RUNTIME"
    MISSING_PACKAGE = "MISSING_PACKAGE"
    PROGRAM_FAILED = "PROGRAM_FAILED"
    DEPLOYMENT_FAILED = "DEPLOYMENT_FAILED"


class SandboxError(Exception):
    """The message says what went wrong, where, and what to do; details are in the log file that it names.

    `code` is a SandboxCode, or the code of an error that the Pulumi program raised.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = str(code)
        self.message = message
