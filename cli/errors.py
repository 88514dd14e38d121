"""What a user is told when a command cannot do its work: one sentence, a stable code, an exit code."""

from collections.abc import Mapping
from typing import Final

SUCCESS: Final = 0
FAILURE: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
INTERRUPTED: Final = 130

EXIT_CODES: Final[Mapping[str, int]] = {
    "USAGE": USAGE,
    "INVALID_REQUEST": USAGE,
    "UNKNOWN_CONFIG_KEY": USAGE,
    "NO_SANDBOX": UNREACHABLE,
    "SANDBOX_UNREACHABLE": UNREACHABLE,
    "UNREACHABLE": UNREACHABLE,
    "REFUSED": UNREACHABLE,
    "INTERRUPTED": INTERRUPTED,
}
"""Every code that is not listed is a failure."""


class CliError(Exception):
    """Ends a command with a sentence for a person, a code for a program and the exit code that belongs to it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def exit_code(self) -> int:
        return EXIT_CODES.get(self.code, FAILURE)


def one_sentence(text: str) -> str:
    """The text on one line, so that an error never spreads over a terminal."""
    return " ".join(text.split())
