"""Entry point, command and working directory of an image: all three, or none."""

from collections.abc import Sequence
from typing import Final, TypedDict


class ImageConfig(TypedDict):
    """As in ImageRef."""

    entry_point: list[str]
    command: list[str]
    working_directory: str


STREAMING: Final[ImageConfig] = {
    "entry_point": ["/usr/local/bin/python3", "-m"],
    "command": ["runtime.http.streaming.main"],
    "working_directory": "/var/task",
}
"""How the image of the streaming endpoint starts."""


def config_problems(
    place: str, entry_point: Sequence[str] | None, command: Sequence[str] | None, working_directory: str | None
) -> list[str]:
    """One message for each part with which each start of a function would fail (Runtime.InvalidEntrypoint). `place`
    stands before the names."""
    given = {"entry_point": entry_point, "command": command, "working_directory": working_directory}
    present = [name for name, value in given.items() if value]
    if not present:
        return []
    if len(present) < len(given):
        missing = ", ".join(f"{place}{name}" for name in given if name not in present)
        return [f"{missing} is missing; give entry_point, command and working_directory, or none of them"]
    first = {"entry_point[0]": (entry_point or [""])[0], "working_directory": working_directory or ""}
    return [
        f"{place}{name} is {value!r}; allowed: an absolute path, because Lambda searches nothing"
        for name, value in first.items()
        if not value.startswith("/")
    ]
