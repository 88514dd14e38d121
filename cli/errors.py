"""The errors of commands: a message, a stable code and an exit code."""

from collections.abc import Mapping
from typing import Any, Final

SUCCESS: Final = 0
FAILURE: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
WAITING: Final = 4
INTERRUPTED: Final = 130

EXIT_CODES: Final[Mapping[str, int]] = {
    "USAGE": USAGE,
    "INVALID_REQUEST": USAGE,
    "INVALID_ARGUMENT": USAGE,
    "INVALID_CONFIG": USAGE,
    "UNKNOWN_CONFIG_KEY": USAGE,
    "NO_PROGRAM": USAGE,
    "UNSUPPORTED_RUNTIME": USAGE,
    "NO_SANDBOX": UNREACHABLE,
    "EMULATOR_DEAD": UNREACHABLE,
    "UNREACHABLE": UNREACHABLE,
    "REFUSED": UNREACHABLE,
    "NO_ANSWER": UNREACHABLE,
    "PROTOCOL": UNREACHABLE,
    "NO_CREDENTIALS": UNREACHABLE,
    "NO_SIGNING_KEY": UNREACHABLE,
    "NO_PULUMI": UNREACHABLE,
    "STACK_UNREADABLE": UNREACHABLE,
    "WAITING": WAITING,
    "INTERRUPTED": INTERRUPTED,
}
"""Every other code means FAILURE."""


class CliError(Exception):
    """Ends a command with a message for people, and a code for programs that also determines the exit code.

    `document` has the other keys of the JSON document that `--json` writes with the error.
    """

    def __init__(self, code: str, message: str, document: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.document = document or {}


def exit_code(code: str) -> int:
    """The exit code for an error's code."""
    return EXIT_CODES.get(code, FAILURE)


def one_line(text: str) -> str:
    """The text on one line without its final full stop, so that a code can follow."""
    return " ".join(text.split()).removesuffix(".")
